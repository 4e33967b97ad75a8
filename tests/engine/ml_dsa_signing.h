// SPDX-License-Identifier: Apache-2.0
// Signing and verifying with ML-DSA and HashML-DSA, and what FIPS 204's functions make of it.
#pragma once

#include "engine/commands/context.h"
#include "engine/commands/hash.h"
#include "engine/commands/signature_sequence.h"
#include "engine/commands/signing.h"
#include "tests/engine/client_session.h"
#include "tests/engine/lattice_keys.h"
#include "tests/engine/signatures.h"

namespace vtpm::engine::testing {

inline MlDsaSet set_of(const wire::Public& pub) {
  if (const auto* pure = pub.parameters.get<wire::MlDsaParameters>()) return *pure->parameter_set;
  return *pub.parameters.get<wire::HashMlDsaParameters>()->parameter_set;
}
// FIPS 204, algorithms 2 and 4.
inline crypto::Digest mu_of(const wire::Public& pub, const Bytes& message,
                            const Bytes& context = {}) {
  const Bytes key = public_key_of(pub);
  if (pub.type == AlgId::MlDsa) return crypto::MlDsaMessage(key, context).update(message).finish();
  AlgId hash = *pub.parameters.get<wire::HashMlDsaParameters>()->hash;
  return crypto::MlDsaMessage(key, context, to_crypto(hash)).update(message).finish();
}
inline ByteView bytes_of(const wire::Signature& signature) {
  const auto* hashed = signature.details.get<wire::HashMlDsaSignature>();
  return hashed ? hashed->signature : *signature.details.get<wire::MlDsaSignature>();
}
inline bool is_good(const wire::Public& pub, const wire::Signature& signature,
                    const crypto::Digest& mu) {
  return signature.algorithm == *pub.type &&
         crypto::ml_dsa_verify(set_of(pub), public_key_of(pub), mu, bytes_of(signature));
}

class MlDsaSigning : public ::testing::Test {
 protected:
  inline static const Bytes kMessage = {'a', ' ', 'm', 'e', 's', 's', 'a', 'g', 'e'};

  wire::Handle start_signing(wire::Handle key, const Bytes& context = {}) {
    auto answer = tpm.run<SignSequenceStart>({key}, {.context = wire::SignatureContext(context)});
    EXPECT_EQ(answer.code, rc::Success);
    return answer.reply.sequence.value;
  }
  wire::Handle start_verifying(wire::Handle key, const Bytes& context = {}) {
    auto answer = tpm.run<VerifySequenceStart>({key}, {.context = wire::SignatureContext(context)});
    EXPECT_EQ(answer.code, rc::Success);
    return answer.reply.sequence.value;
  }
  void update(wire::Handle sequence, const Bytes& data) {
    EXPECT_EQ(tpm.run<SequenceUpdate>({sequence}, {wire::MaxBuffer(data)}).code, rc::Success);
  }
  wire::Signature sign(wire::Handle key, const Bytes& message, const Bytes& context = {}) {
    auto answer = tpm.run<SignSequenceComplete>({start_signing(key, context), key},
                                                {wire::MaxBuffer(message)});
    EXPECT_EQ(answer.code, rc::Success);
    return answer.reply.signature;
  }
  Answer<VerifySequenceComplete> verify(wire::Handle key, const Bytes& message,
                                        const wire::Signature& signature,
                                        const Bytes& context = {}) {
    wire::Handle sequence = start_verifying(key, context);
    update(sequence, message);
    auto answer = tpm.run<VerifySequenceComplete>({sequence, key}, {signature});
    if (answer.code != rc::Success) tpm.run<FlushContext>({}, {sequence});
    return answer;
  }
  Answer<SignDigest> sign_digest(wire::Handle key, const Bytes& digest, const Bytes& context = {}) {
    return tpm.run<SignDigest>(
        {key}, {wire::SignatureContext(context), wire::Digest(digest), no_ticket()});
  }
  Answer<VerifyDigestSignature> verify_digest(wire::Handle key, const Bytes& digest,
                                              const wire::Signature& signature,
                                              const Bytes& context = {}) {
    return tpm.run<VerifyDigestSignature>(
        {key}, {wire::SignatureContext(context), wire::Digest(digest), signature});
  }
  TestTpm tpm;
};

}  // namespace vtpm::engine::testing
