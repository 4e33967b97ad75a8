// SPDX-License-Identifier: Apache-2.0
// libFuzzer target: a started TPM given any series of commands answers each with a well-formed
// response, never enters failure mode, and changes nothing when it refuses.
//
// Input: records of a control octet, a u16 length and as many octets of a command. Bits 0 to 2 of
// the control octet choose the locality, bit 3 keeps the command's size field as it is (else it is
// made right), bit 4 lets an hour pass, bit 5 pulses the reset line and starts the TPM again, bit 6
// asserts physical presence.
#include <cstdio>
#include <cstdlib>

#include "engine/crypto/ecc.h"
#include "engine/fault.h"
#include "engine/masking.h"
#include "engine/pipeline/response.h"
#include "engine/ticket.h"
#include "tests/engine/all_commands.h"
#include "tests/engine/lattice_keys.h"
#include "tests/engine/partial_certificate.h"
#include "tests/engine/test_tpm.h"

extern "C" size_t LLVMFuzzerMutate(uint8_t* data, size_t size, size_t max_size);

namespace {

using namespace vtpm;
using namespace vtpm::engine;
using vtpm::engine::testing::TestTpm;
namespace rh = wire::rh;
namespace der = vtpm::engine::testing::der;
namespace keys = vtpm::engine::testing;

constexpr uint8_t kLocalities[] = {0, 1, 2, 3, 4, 32, 255, 0};
constexpr wire::Handle kTransient = 0x80000000, kHmacSession = 0x02000000,
                       kPolicySession = 0x03000000;

// Long searches for primes end here.
class Impatient final : public Cancellation {
 public:
  bool requested() const override { return ++asked_ > 20; }

 private:
  mutable int asked_ = 0;
};

[[noreturn]] void broken(const char* what, const std::string& details = {}) {
  fprintf(stderr, "%s: %s\n", what, details.c_str());
  std::abort();
}

// PIN indices count what was tried, whatever became of the command (Part 1, 34.2.6.6).
template <class Slots>
bool same_but_for_pins(const Slots& before, const Slots& after) {
  return std::ranges::equal(before, after, [](const NvIndexPtr& x, const NvIndexPtr& y) {
    return x == y || (y && y->is_pin());
  });
}

// The parts of the state that a refused command must leave alone.
bool untouched(const State& before, const State& after) {
  return after.hierarchies.same_as(before.hierarchies) && after.pcrs.same_as(before.pcrs) &&
         after.persistent.same_as(before.persistent) && after.transient.same_as(before.transient) &&
         after.sessions.same_as(before.sessions) && after.platform.same_as(before.platform) &&
         after.pcr_allocation.same_as(before.pcr_allocation) &&
         after.physical_presence.same_as(before.physical_presence) &&
         after.preserved.same_as(before.preserved) && after.commits.same_as(before.commits) &&
         same_but_for_pins(before.nv->slots, after.nv->slots) &&
         same_but_for_pins(before.nv_memory->slots, after.nv_memory->slots);
}

void check_response(const State& before, const State& after, ByteView response) {
  Reader in(response);
  auto tag = in.take_be<uint16_t>();
  auto size = in.take_be<uint32_t>();
  auto code = in.take_be<uint32_t>();
  if (!code || *size != response.size() || response.size() > kMaximumMessageSize)
    broken("a malformed response");
  if (*tag != 0x8001 && *tag != 0x8002) broken("a tag of no response");
  if (after.lifecycle->mode == Mode::Failure) broken("failure mode", after.lifecycle->fault);
  if (Rc(*code) == rc::Success) return;
  if (response.size() != kHeaderSize) broken("an error with parameters");
  if (!untouched(before, after)) broken("a refused command changed the state");
}

void run(TestTpm& tpm, uint8_t control, ByteView bytes) {
  Bytes command = to_bytes(bytes);
  if ((control & 0x08) == 0 && command.size() >= kHeaderSize)
    store_be<uint32_t>(MutableByteView(command).subspan(2), static_cast<uint32_t>(command.size()));
  Impatient cancellation;
  Ports ports{tpm.clock, tpm.random, cancellation, tpm.ports.self_test};
  Outcome outcome = execute(tpm.state,
                            {.locality = kLocalities[control & 7],
                             .command = command,
                             .physical_presence = (control & 0x40) != 0},
                            ports);
  check_response(tpm.state, outcome.state, outcome.response.view());
  tpm.state = std::move(outcome.state);
  // As a trace would show them.
  Bytes answer = to_bytes(outcome.response.view());
  mask_response(command, answer);
  mask_command(command);
}

void append_record(Bytes& out, uint8_t control, ByteView command) {
  Writer writer(out);
  writer.put_be(control);
  writer.put_be(static_cast<uint16_t>(command.size()));
  writer.put(command);
}

// Well-formed commands, marshalled by their schemas: where the mutator begins.
template <class C>
Bytes command(const std::vector<wire::Handle>& handles, const typename C::Params& params) {
  return TestTpm::password_command<C>(handles, params);
}

wire::Public storage_key() {
  wire::SymmetricObjectDefinition aes{
      .algorithm = AlgId::Aes,
      .details = wire::AesDefinition{.key_bits = uint16_t{128}, .mode = AlgId::Cfb}};
  return {.type = AlgId::Ecc,
          .name_hash = AlgId::Sha256,
          .attributes = wire::ObjectAttributes(0x00030472),
          .parameters = wire::EccParameters{.symmetric = aes, .curve = CurveId::NistP256},
          .unique = wire::EccPoint{}};
}
wire::Public signing_key() {
  return {.type = AlgId::Ecc,
          .name_hash = AlgId::Sha256,
          .attributes = wire::ObjectAttributes(0x00040072),
          .parameters = wire::EccParameters{.curve = CurveId::NistP256},
          .unique = wire::EccPoint{}};
}
wire::Public cipher_key() {
  wire::SymmetricObjectDefinition camellia{
      .algorithm = AlgId::Camellia,
      .details = wire::CamelliaDefinition{.key_bits = uint16_t{256}, .mode = AlgId::Null}};
  return {.type = AlgId::SymCipher,
          .name_hash = AlgId::Sha3_256,
          .attributes = wire::ObjectAttributes(0x00060072),
          .parameters = wire::SymmetricCipherParameters{camellia},
          .unique = wire::Digest()};
}
wire::Public exchange_key() {
  wire::Public pub = signing_key();
  pub.attributes = wire::ObjectAttributes(0x00020072);
  return pub;
}
[[maybe_unused]] wire::Public dhkem_key() {
  wire::Public pub = exchange_key();
  auto& ecc = *pub.parameters.get<wire::EccParameters>();
  ecc.scheme = {.scheme = AlgId::Ecdh, .details = wire::HashScheme{AlgId::Sha256}};
  ecc.kdf = {.scheme = AlgId::Hkdf, .details = wire::HashScheme{AlgId::Sha256}};
  return pub;
}
// The generator as a point of another's key.
[[maybe_unused]] wire::KemCiphertext dhkem_ciphertext() {
  const auto curve = crypto::curve_parameters(crypto::Curve::P256);
  Bytes point{4};
  append(point, curve.gx);
  append(point, curve.gy);
  return wire::KemCiphertext(point);
}
wire::Public sealed_data() {
  return {.type = AlgId::KeyedHash,
          .name_hash = AlgId::Sha256,
          .attributes = wire::ObjectAttributes(0x00000052),
          .parameters = wire::KeyedHashParameters{},
          .unique = wire::Digest()};
}

wire::Signature ecdsa_signature() {
  return {.algorithm = {AlgId::EcDsa},
          .details = wire::EccSignature{.hash = AlgId::Sha256,
                                        .r = wire::EccParameter(crypto::Digest(32, 1)),
                                        .s = wire::EccParameter(crypto::Digest(32, 2))}};
}
wire::Name sha256_name() {
  Bytes name = wire::to_wire(AlgId::Sha256);
  append(name, crypto::Digest(32, 3));
  return wire::Name(name);
}
constexpr wire::Handle kIndex = 0x01000001;
wire::NvPublic index(wire::NvType type, std::initializer_list<wire::NvBit> bits = {}) {
  using wire::NvBit;
  wire::NvAttributes attributes{NvBit::OwnerWrite, NvBit::OwnerRead,   NvBit::AuthRead,
                                NvBit::NoDa,       NvBit::ReadStClear, NvBit::WriteStClear};
  for (NvBit bit : bits) attributes.set(bit);
  attributes.raw |= static_cast<uint32_t>(type) << 4;
  return {.index = kIndex,
          .name_hash = AlgId::Sha256,
          .attributes = attributes,
          .data_size = uint16_t{8}};
}

Bytes random_seed(unsigned choice) {
  const wire::PcrSelections pcrs{{{.hash = AlgId::Sha256, .mask = 0x0000FF}}};
  const wire::DigestValues digests{
      {{.algorithm = AlgId::Sha256, .digest = wire::Digest(crypto::Digest(32, 1))}}};
  const wire::MaxBuffer data(text_bytes("some data"));
  const wire::Digest digest(crypto::Digest(32, 2));
  const wire::SensitiveCreate secret{.data = wire::SensitiveData(text_bytes("sealed"))};
  static const std::vector<Bytes> seeds = {
      command<GetCapability>({}, {wire::Capability::TpmProperties, 0x100, 64}),
      command<GetCapability>({}, {wire::Capability::Handles, kTransient, 64}),
      command<PcrExtend>({10}, {digests}),
      command<PcrEvent>({11}, {wire::Event(text_bytes("event"))}),
      command<PcrRead>({}, {pcrs}),
      command<PcrAllocate>({rh::Platform}, {pcrs}),
      command<PcrReset>({16}, {}),
      command<Hash>({}, {data, AlgId::Sha256, rh::Owner}),
      command<HashSequenceStart>({}, {wire::Auth(), AlgId::Sha256}),
      command<HashSequenceStart>({}, {wire::Auth(), AlgId::Null}),
      command<SequenceUpdate>({kTransient}, {data}),
      command<SequenceComplete>({kTransient}, {data, rh::Owner}),
      command<EventSequenceComplete>({12, kTransient}, {data}),
      command<MacStart>({kTransient}, {wire::Auth(), AlgId::Sha256}),
      command<Mac>({kTransient}, {data, AlgId::Sha256}),
      command<CreatePrimary>({rh::Owner}, {.in_public = cipher_key()}),
      command<Mac>({kTransient}, {data, AlgId::Cmac}),
      command<MacStart>({kTransient}, {wire::Auth(), AlgId::Cmac}),
      command<EncryptDecrypt>({kTransient}, {.mode = AlgId::Cfb, .iv_in = wire::Iv(Bytes(16))}),
      command<EncryptDecrypt2>(
          {kTransient},
          {.in_data = wire::SecretMaxBuffer(Bytes(32)), .decrypt = uint8_t{1}, .mode = AlgId::Ecb}),
      command<CreatePrimary>({rh::Owner}, {.in_public = exchange_key()}),
      command<EcEphemeral>({}, {CurveId::NistP256}),
      command<ZGen2Phase>({kTransient}, {.scheme = AlgId::EcMqv}),
      command<EccEncrypt>({kTransient}, {.scheme = {.scheme = AlgId::Kdf2,
                                                    .details = wire::HashScheme{AlgId::Sha256}}}),
      command<EccDecrypt>({kTransient}, {.scheme = {.scheme = AlgId::Kdf2,
                                                    .details = wire::HashScheme{AlgId::Sha256}}}),
      command<ReadClock>({}, {}),
      command<ClockSet>({rh::Owner}, {1u << 30}),
      command<ClockRateAdjust>({rh::Owner}, {ClockAdjust::CoarseFaster}),
      command<SelfTest>({}, {uint8_t{0}}),
      command<IncrementalSelfTest>({}, {{{AlgId::Sha256}}}),
      command<GetTestResult>({}, {}),
      command<GetRandom>({}, {32}),
      command<StirRandom>({}, {}),
      command<Startup>({}, {wire::StartupType::Clear}),
      command<Shutdown>({}, {wire::StartupType::State}),
      command<StartAuthSession>({rh::Null, rh::Null}, {.nonce_caller = digest,
                                                       .session_type = wire::SessionType::Policy,
                                                       .auth_hash = AlgId::Sha256}),
      command<StartAuthSession>({rh::Null, rh::Null}, {.nonce_caller = digest,
                                                       .session_type = wire::SessionType::Hmac,
                                                       .auth_hash = AlgId::Sha256}),
      command<PolicyPcr>({kPolicySession}, {{}, pcrs}),
      command<PolicyPassword>({kPolicySession}, {}),
      command<PolicyGetDigest>({kPolicySession}, {}),
      command<PolicyRestart>({kPolicySession}, {}),
      command<PolicySecret>({rh::Owner, kPolicySession}, {.expiration = Expiration{-100}}),
      command<PolicySigned>({kTransient, kPolicySession}, {.auth = ecdsa_signature()}),
      command<PolicyTicket>({kPolicySession},
                            {.timeout = wire::Timeout(digest.view().first(8)),
                             .ticket = {{.tag = wire::StructureTag::AuthSecret}}}),
      command<PolicyAuthorize>(
          {kPolicySession},
          {.key_sign = sha256_name(), .check_ticket = {{.tag = wire::StructureTag::Verified}}}),
      command<PolicyCpHash>({kPolicySession}, {digest}),
      command<PolicyNameHash>({kPolicySession}, {digest}),
      command<PolicyTemplate>({kPolicySession}, {digest}),
      command<PolicyParameters>({kPolicySession}, {digest}),
      command<PolicyDuplicationSelect>({kPolicySession},
                                       {sha256_name(), sha256_name(), uint8_t{1}}),
      command<PolicyNvWritten>({kPolicySession}, {uint8_t{1}}),
      command<PolicyPhysicalPresence>({kPolicySession}, {}),
      command<PolicyTransportSpdm>({kPolicySession}, {sha256_name(), {}}),
      command<PolicyCounterTimer>({kPolicySession}, {wire::Operand(digest.view().first(8)), 8,
                                                     wire::Relation::UnsignedLess}),
      command<PolicyCapability>({kPolicySession}, {.operation = wire::Relation::NotEqual,
                                                   .capability = wire::Capability::Handles,
                                                   .property = kPolicySession}),
      command<PpCommands>({rh::Platform}, {{{wire::CommandCode::Clear}}, {}}),
      command<CreatePrimary>({rh::Owner}, {.in_public = storage_key()}),
      command<CreatePrimary>({rh::Null}, {.in_public = signing_key()}),
      command<Create>({kTransient}, {.in_sensitive = secret, .in_public = sealed_data()}),
      command<LoadExternal>({}, {.in_public = signing_key(), .hierarchy = rh::Null}),
      command<ReadPublic>({kTransient}, {}),
      command<Unseal>({kTransient + 1}, {}),
      command<Sign>({kTransient}, {.digest = digest,
                                   .in_scheme = {.scheme = AlgId::EcDsa,
                                                 .details = wire::HashScheme{AlgId::Sha256}},
                                   .validation = null_ticket<wire::StructureTag::HashCheck>()}),
      command<Quote>({kTransient}, {.pcr_select = pcrs}),
      command<CertifyX509>(
          {kTransient, kTransient},
          {.in_scheme = {.scheme = AlgId::EcDsa, .details = wire::HashScheme{AlgId::Sha256}},
           .partial_certificate = wire::MaxBuffer(der::with_extensions({der::key_usage()}))}),
      command<ContextSave>({kTransient}, {}),
      command<ContextSave>({kHmacSession}, {}),
      command<FlushContext>({}, {kTransient}),
      command<EvictControl>({rh::Owner, kTransient}, {0x81000001}),
      command<HierarchyControl>({rh::Platform}, {rh::Owner, uint8_t{0}}),
      command<HierarchyChangeAuth>({rh::Owner}, {}),
      command<Clear>({rh::Lockout}, {}),
      command<ChangeEps>({rh::Platform}, {}),
      command<DictionaryAttackLockReset>({rh::Lockout}, {}),
      command<NvDefineSpace>({rh::Owner}, {{}, index(wire::NvType::Ordinary)}),
      command<NvDefineSpace>({rh::Owner},
                             {{}, index(wire::NvType::Counter, {wire::NvBit::Orderly})}),
      command<NvDefineSpace>({rh::Owner}, {{}, index(wire::NvType::PinPass)}),
      command<NvUndefineSpace>({rh::Owner, kIndex}, {}),
      command<NvWrite>({rh::Owner, kIndex}, {wire::MaxNvBuffer(text_bytes("12345678")), 0}),
      command<NvIncrement>({rh::Owner, kIndex}, {}),
      command<NvRead>({kIndex, kIndex}, {8, 0}),
      command<NvReadLock>({rh::Owner, kIndex}, {}),
      command<NvWriteLock>({rh::Owner, kIndex}, {}),
      command<NvReadPublic2>({kIndex}, {}),
      command<NvCertify>({rh::Null, rh::Owner, kIndex}, {.size = 8}),
      command<PolicyNv>({rh::Owner, kIndex, kPolicySession},
                        {digest, 0, wire::Relation::UnsignedLess}),
#ifndef VTPM_NO_ML_KEM
      command<CreatePrimary>({rh::Owner}, {.in_public = keys::ml_kem_key()}),
      command<CreatePrimary>({rh::Owner}, {.in_public = keys::ml_kem_storage()}),
      command<CreatePrimary>({rh::Owner}, {.in_public = dhkem_key()}),
      command<Encapsulate>({kTransient}, {}),
      command<Decapsulate>({kTransient}, {wire::KemCiphertext(Bytes(1088, 7))}),
      command<Decapsulate>({kTransient}, {dhkem_ciphertext()}),
#endif
#ifndef VTPM_NO_ML_DSA
      command<CreatePrimary>({rh::Owner},
                             {.in_public = keys::ml_dsa_key(crypto::MlDsaSet::Dsa44, true)}),
      command<CreatePrimary>({rh::Owner}, {.in_public = keys::hash_ml_dsa_key(AlgId::Sha256)}),
#endif
      command<SignSequenceStart>({kTransient}, {}),
      command<SignSequenceComplete>({kTransient + 1, kTransient}, {data}),
      command<VerifySequenceStart>({kTransient}, {}),
      command<SignDigest>({kTransient}, {{}, digest, null_ticket<wire::StructureTag::HashCheck>()}),
  };
  return seeds[choice % seeds.size()];
}

const State& started() {
  static const State state = [] {
    TestTpm tpm(true, 1, kWholeProfile);
    return tpm.state;
  }();
  return state;
}

}  // namespace

// Now and then a well-formed command is added; otherwise the bytes change as anywhere.
extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t max_size,
                                          unsigned seed) {
  if (seed % 4 != 0) return LLVMFuzzerMutate(data, size, max_size);
  Bytes record;
  append_record(record, seed % 7 == 0 ? static_cast<uint8_t>(seed >> 24) : uint8_t{0},
                random_seed(seed / 4));
  if (size + record.size() > max_size) return LLVMFuzzerMutate(data, size, max_size);
  std::copy(record.begin(), record.end(), data + size);
  return size + record.size();
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  TestTpm tpm(false);
  tpm.state = started();
  Reader in(ByteView(data, size));
  for (int count = 0; count < 32 && in.remaining() >= 3; ++count) {
    uint8_t control = *in.take_be<uint8_t>();
    size_t length = *in.take_be<uint16_t>();
    if ((control & 0x10) != 0) tpm.clock.now += 3'600'000;
    if ((control & 0x20) != 0) {
      tpm.power_cycle();
      tpm.run<Startup>({}, {wire::StartupType::Clear});
    }
    run(tpm, control, *in.take(std::min(length, in.remaining())));
  }
  return 0;
}
