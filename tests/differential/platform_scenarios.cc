// SPDX-License-Identifier: Apache-2.0
#include "engine/commands/certify_x509.h"
#include "engine/commands/hash.h"
#include "engine/commands/management.h"
#include "engine/commands/pcr.h"
#include "tests/differential/scenario_tools.h"
#include "tests/differential/scenarios.h"
#include "tests/engine/partial_certificate.h"

namespace vtpm::differential {

// PCR[20] to PCR[22] cannot be extended from locality 0: what authorizes them shows in which error
// comes first.
void pcr_authorizations(Client& client) {
  const PcrSetAuthPolicy::Params none{.pcr = {22}};
  client.run<PcrSetAuthPolicy>("PCR_SetAuthPolicy", {rh::Platform},
                               {a_digest(), {wire::AlgId::Sha256}, {20}});
  client.run<PcrEvent>("by password under a policy", {21}, {}, kQuiet);
  client.run<PcrSetAuthPolicy>("no policy", {rh::Platform}, none, kQuiet);
  client.run<PcrEvent>("by password", {21}, {}, kQuiet);
  client.run<PcrSetAuthValue>("PCR_SetAuthValue of another", {16}, {}, kQuiet);
  client.run<PcrSetAuthValue>("PCR_SetAuthValue", {20}, {wire::Auth(text_bytes("pcr"))}, kQuiet);
  client.run<PcrEvent>("by the empty password", {22}, {}, kQuiet);
  client.run<PcrEvent>("by the right password", {22}, {},
                       {.passwords = {bytes_of("pcr")}, .break_it = false});
  client.run<PcrSetAuthValue>("again", {22}, {},
                              {.passwords = {bytes_of("pcr")}, .break_it = false});
  client.run<PcrEvent>("by the empty password again", {20}, {}, kQuiet);
  client.run<SetAlgorithmSet>("SetAlgorithmSet", {rh::Platform}, {0}, kQuiet);
}

// Nobody is there to confirm it.
void physical_presence(Client& client) {
  client.run<PpCommands>("PP_Commands", {rh::Platform},
                         {.set_list = {{wire::CommandCode::Clear}},
                          .clear_list = {{wire::CommandCode::ClearControl}}});
}

void certificates(Client& client) {
  namespace der = engine::testing::der;
  Handle key = primary(client, ecdsa_key(), "key");
  Handle storage = primary(client, ecc_storage(), "storage");
  auto certify = [&](const std::string& step, Handle object, Handle signer,
                     const der::Partial& partial, const Options& options) {
    client.run<CertifyX509>(step, {object, signer},
                            {.in_scheme = signature_scheme(wire::AlgId::EcDsa, wire::AlgId::Sha256),
                             .partial_certificate = wire::MaxBuffer(partial.bytes())},
                            options);
  };
  // swtpm ends without an answer where the signing key is TPM_RH_NULL.
  certify("CertifyX509", key, key, {}, except({"h2=40000007"}, {}));
  certify("by a storage key", key, storage, {}, kQuiet);
  certify("with its attributes", key, key,
          {.extensions =
               der::extensions({der::key_usage(), der::tpma_object(ecdsa_key().attributes.raw)})},
          kQuiet);
  certify("without a key usage", key, key,
          {.extensions = der::extensions({der::tpma_object(ecdsa_key().attributes.raw)})}, kQuiet);
  certify("without a subject", key, key, {.subject = {}}, kQuiet);
}

}  // namespace vtpm::differential
