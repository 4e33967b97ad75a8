// SPDX-License-Identifier: Apache-2.0
// TPM2_Commit (Part 3, 19.2) and the anonymous signatures that come of it. The numbers are computed
// anew from the formulas of Part 1, 44.2 and 44.3.3.
#include "engine/commands/commit.h"

#include "engine/commands/attestation.h"
#include "engine/commands/context.h"
#include "engine/commands/hash.h"
#include "engine/commands/signature_sequence.h"
#include "engine/commands/signing.h"
#include "engine/crypto/ecc_schemes.h"
#include "engine/object/ecc_key.h"
#include "tests/engine/client_session.h"
#include "tests/engine/crypto/vectors.h"
#include "tests/engine/objects.h"

namespace vtpm::engine {
namespace {

using namespace testing;
using wire::Handle;
using wire::ObjectBit;
namespace rh = wire::rh;

constexpr auto kCurve = crypto::Curve::BnP256;
constexpr size_t kSize = 32;
const Bytes kMessage = {'m', 'e', 's', 's', 'a', 'g', 'e'};

wire::Public anonymous_key() {
  wire::Public pub = ecdsa_key(CurveId::BnP256);
  pub.name_hash = AlgId::Sha256;
  pub.parameters.get<wire::EccParameters>()->scheme = {
      .scheme = {AlgId::EcDaa}, .details = wire::HashCountScheme{.hash = AlgId::Sha256}};
  return pub;
}

wire::SignatureScheme with_count(uint16_t count, AlgId hash = AlgId::Sha256) {
  return {.scheme = {AlgId::EcDaa}, .details = wire::HashCountScheme{.hash = hash, .count = count}};
}

class Commits : public ::testing::Test {
 protected:
  Commits() : key(load(d)), name(name_of(tpm, key)) {}

  // A key whose private number makes the formula of a signature easy to check.
  Handle load(const Bytes& number) {
    wire::Public pub = anonymous_key();
    pub.attributes = {ObjectBit::Sign, ObjectBit::UserWithAuth};
    Bytes padded(kSize - number.size());
    append(padded, number);
    pub.unique = to_wire_point(*crypto::public_point(kCurve, padded));
    wire::Sensitive sensitive{.type = AlgId::Ecc, .value = wire::PrivateValue(ByteView(padded))};
    auto loaded = tpm.run<LoadExternal>({}, {{sensitive}, pub, {rh::Null}});
    EXPECT_EQ(loaded.code, rc::Success);
    return loaded.reply.object_handle.value;
  }

  uint16_t commit() {
    auto answer = tpm.run<Commit>({key}, {});
    EXPECT_EQ(answer.code, rc::Success);
    return answer.reply.counter;
  }

  // Part 1, equation 60.
  Bytes number(uint64_t count) {
    uint8_t count_bytes[8];
    store_be(count_bytes, count);
    return formula::kdfa(AlgId::Sha256, tpm.state.commits->nonce.view(), "ECDAA Commit", name,
                         count_bytes, kSize);
  }

  // That s = r + H(k || P) d, as [s]G = [r + H + 2^16 H]G.
  void expect_signature(const wire::Signature& signature, uint64_t count, const Bytes& p) {
    EXPECT_EQ(*signature.algorithm, AlgId::EcDaa);
    const auto& parts = *signature.details.get<wire::EccSignature>();
    Bytes t = formula::hash(AlgId::Sha256, {parts.r, p});
    Bytes expected(kSize + 4), shifted = t;
    shifted.insert(shifted.end(), 2, uint8_t{0});
    for (const Bytes& part : {number(count), t, shifted}) add(expected, part);
    EXPECT_EQ(*crypto::multiply_generator(kCurve, parts.s),
              *crypto::multiply_generator(kCurve, expected));
  }

  static void add(Bytes& to, ByteView number) {
    unsigned carry = 0;
    for (size_t i = 0; i < to.size(); ++i) {
      uint8_t& octet = to[to.size() - 1 - i];
      carry += octet + (i < number.size() ? number[number.size() - 1 - i] : 0u);
      octet = static_cast<uint8_t>(carry);
      carry >>= 8;
    }
  }

  Sign::Params sign_params(uint16_t count) {
    return {.digest = wire::Digest(formula::hash(AlgId::Sha256, {kMessage})),
            .in_scheme = with_count(count),
            .validation = {{.tag = wire::StructureTag::HashCheck}}};
  }

  TestTpm tpm;
  const Bytes d = {1, 0, 1};
  const Handle key;
  const Bytes name;
};

// SHA-256 of "point 1" modulo p is the x coordinate of a point; y2 as computed in Python.
const std::string_view kS2 = "point 1";
const char* const kY2 = "3dacba3d7276f3804c3d94cdc6c5e2f4411128e191896458e10bd22b92f67d05";

TEST_F(Commits, TheGeneratorWithoutPoints) {
  auto answer = tpm.run<Commit>({key}, {});
  ASSERT_EQ(answer.code, rc::Success);
  EXPECT_EQ(*answer.reply.k, wire::EccPoint());
  EXPECT_EQ(*answer.reply.l, wire::EccPoint());
  EXPECT_EQ(answer.reply.counter, 0);
  EXPECT_EQ(to_crypto_point(*answer.reply.e), *crypto::multiply_generator(kCurve, number(0)));
  answer = tpm.run<Commit>({key}, {});
  EXPECT_EQ(answer.reply.counter, 1);
  EXPECT_EQ(to_crypto_point(*answer.reply.e), *crypto::multiply_generator(kCurve, number(1)));
}

TEST_F(Commits, MultiplesOfTheCallersPoints) {
  auto p1 = *crypto::multiply_generator(kCurve, Bytes{7});
  Bytes x2 = crypto::field_element(kCurve, formula::hash(AlgId::Sha256, {text_bytes(kS2)}));
  crypto::EccPoint p2{x2, tests::from_hex(kY2)};
  ASSERT_TRUE(crypto::is_on_curve(kCurve, p2));
  Commit::Params params{.p1 = to_wire_point(p1),
                        .s2 = wire::SensitiveData(text_bytes(kS2)),
                        .y2 = wire::EccParameter(p2.y)};
  auto answer = tpm.run<Commit>({key}, params);
  ASSERT_EQ(answer.code, rc::Success);
  EXPECT_EQ(to_crypto_point(*answer.reply.k), *crypto::multiply_point(kCurve, d, p2));
  EXPECT_EQ(to_crypto_point(*answer.reply.l), *crypto::multiply_point(kCurve, number(0), p2));
  EXPECT_EQ(to_crypto_point(*answer.reply.e), *crypto::multiply_point(kCurve, number(0), p1));
  params.p1 = wire::EccPoint();
  answer = tpm.run<Commit>({key}, params);
  ASSERT_EQ(answer.code, rc::Success);
  EXPECT_EQ(to_crypto_point(*answer.reply.k), *crypto::multiply_point(kCurve, d, p2));
  EXPECT_EQ(*answer.reply.e, wire::EccPoint());
  answer = tpm.run<Commit>({key}, {.p1 = to_wire_point(p1)});
  ASSERT_EQ(answer.code, rc::Success);
  EXPECT_EQ(*answer.reply.k, wire::EccPoint());
  EXPECT_EQ(to_crypto_point(*answer.reply.e), *crypto::multiply_point(kCurve, number(2), p1));
}

TEST_F(Commits, RefusesWhatIsNoPoint) {
  auto code = [&](const Commit::Params& params) {
    uint64_t before = tpm.state.commits->count;
    Rc result = tpm.run<Commit>({key}, params).code;
    EXPECT_EQ(tpm.state.commits->count, before);
    return result;
  };
  wire::SensitiveData s2(text_bytes(kS2));
  wire::EccParameter y2(tests::from_hex(kY2));
  EXPECT_EQ(code({.s2 = s2}), rc::Size.parameter(3));
  EXPECT_EQ(code({.y2 = y2}), rc::Size.parameter(3));
  EXPECT_EQ(code({.s2 = s2, .y2 = wire::EccParameter(Bytes(32, 1))}), rc::EccPoint.parameter(2));
  EXPECT_EQ(code({.s2 = wire::SensitiveData(text_bytes("other")), .y2 = y2}),
            rc::EccPoint.parameter(2));
  wire::EccPoint off{.x = wire::EccParameter(Bytes(32, 1)), .y = wire::EccParameter(Bytes(32, 1))};
  EXPECT_EQ(code({.p1 = off}), rc::EccPoint.parameter(1));
  wire::EccPoint half{.x = wire::EccParameter(Bytes(32, 1))};
  EXPECT_EQ(code({.p1 = half}), rc::EccPoint.parameter(1));
  // An Empty Buffer is no Empty Point.
  Bytes password = {0x40, 0, 0, 9, 0, 0, 1, 0, 0}, params = {0, 0, 0, 0, 0, 0};
  Bytes command = TestTpm::assemble(wire::CommandCode::Commit, {key}, password, params);
  EXPECT_EQ(TestTpm::parse<Commit>(tpm.execute(command).view()).code,
            rc::Insufficient.parameter(1));
}

TEST_F(Commits, NeedAnAnonymousKey) {
  Made rsa = create_primary(tpm, rh::Owner, rsa_signing_key());
  EXPECT_EQ(tpm.run<Commit>({rsa.handle}, {}).code, rc::Key.handle(1));
  Made open = create_primary(tpm, rh::Owner, ecdsa_key());
  EXPECT_EQ(tpm.run<Commit>({open.handle}, {}).code, rc::Scheme.handle(1));
  Made ecdsa = create_primary(tpm, rh::Owner, signing_key(AlgId::EcDsa, AlgId::Sha256));
  EXPECT_EQ(tpm.run<Commit>({ecdsa.handle}, {}).code, rc::Scheme.handle(1));
  Made guarded = create_primary(tpm, rh::Owner, anonymous_key(), {1});
  EXPECT_EQ(tpm.run<Commit>({guarded.handle}, {}).code, rc::BadAuth.session(1));
  EXPECT_EQ(tpm.run<Commit>({guarded.handle}, {}, {{1}}).code, rc::Success);
}

TEST_F(Commits, ASignatureUsesACommitmentUp) {
  uint16_t first = commit(), second = commit();
  for (uint16_t count : {second, first}) {
    auto params = sign_params(count);
    auto answer = tpm.run<Sign>({key}, params);
    ASSERT_EQ(answer.code, rc::Success);
    expect_signature(answer.reply.signature, count, to_bytes(params.digest));
    EXPECT_EQ(tpm.run<Sign>({key}, params).code, rc::Value.parameter(2));
    // The TPM cannot verify it (Part 1, 44.3.3.1).
    EXPECT_EQ(tpm.run<VerifySignature>({key}, {params.digest, answer.reply.signature}).code,
              rc::Scheme.parameter(2));
    EXPECT_EQ(tpm.run<VerifyDigestSignature>({key}, {wire::SignatureContext(Bytes{0, 0}),
                                                     params.digest, answer.reply.signature})
                  .code,
              rc::Scheme.parameter(3));
  }
  EXPECT_EQ(tpm.run<Sign>({key}, sign_params(2)).code, rc::Range.parameter(2));
}

TEST_F(Commits, ARefusedSignatureLeavesTheCommitment) {
  auto params = sign_params(commit());
  params.digest = wire::Digest(Bytes(31));
  EXPECT_EQ(tpm.run<Sign>({key}, params).code, rc::Size.parameter(1));
  params = sign_params(0);
  EXPECT_EQ(tpm.run<Sign>({key}, params).code, rc::Success);
}

// Part 3, 20.5.1: the caller gives the scheme, for its counter.
TEST_F(Commits, TheCallerNamesTheScheme) {
  auto params = sign_params(commit());
  for (const wire::SignatureScheme& other :
       {wire::SignatureScheme(), signature_scheme(AlgId::EcDsa, AlgId::Sha256),
        with_count(0, AlgId::Sha384)}) {
    params.in_scheme = other;
    EXPECT_EQ(tpm.run<Sign>({key}, params).code, rc::Scheme.parameter(2));
  }
}

TEST_F(Commits, DigestsAndMessagesTakeTheCounterAsContext) {
  Bytes digest = formula::hash(AlgId::Sha256, {kMessage});
  auto context = [](uint16_t count) {
    uint8_t bytes[2];
    store_be(bytes, count);
    return wire::SignatureContext(ByteView(bytes));
  };
  wire::HashCheckTicket none{{.tag = wire::StructureTag::HashCheck}};
  uint16_t count = commit();
  auto by_digest = tpm.run<SignDigest>({key}, {context(count), wire::Digest(digest), none});
  ASSERT_EQ(by_digest.code, rc::Success);
  expect_signature(by_digest.reply.signature, count, digest);
  EXPECT_EQ(tpm.run<SignDigest>({key}, {context(count), wire::Digest(digest), none}).code,
            rc::Value.parameter(1));
  EXPECT_EQ(tpm.run<SignDigest>({key}, {context(9), wire::Digest(digest), none}).code,
            rc::Range.parameter(1));
  EXPECT_EQ(tpm.run<SignDigest>({key}, {{}, wire::Digest(digest), none}).code,
            rc::Size.parameter(1));

  count = commit();
  auto started = tpm.run<SignSequenceStart>({key}, {.context = context(count)});
  ASSERT_EQ(started.code, rc::Success);
  // The counter goes with the sequence's context.
  auto saved = tpm.run<ContextSave>({started.reply.sequence.value}, {});
  Handle again = tpm.run<ContextLoad>({}, {saved.reply.context}).reply.loaded_handle.value;
  for (bool first : {true, false}) {
    Handle sequence = first ? again : started.reply.sequence.value;
    auto answer = tpm.run<SignSequenceComplete>({sequence, key}, {wire::MaxBuffer(kMessage)});
    EXPECT_EQ(answer.code, first ? rc::Success : rc::Value.handle(1));
    if (first) expect_signature(answer.reply.signature, count, digest);
  }
  EXPECT_EQ(tpm.run<SignSequenceStart>({key}, {}).code, rc::Size.parameter(2));
  EXPECT_EQ(tpm.run<VerifySequenceStart>({key}, {.context = context(count)}).code,
            rc::Scheme.handle(1));
}

// Part 1, 44.3.3.3: nothing in the block tells whose it is, and the caller's data is beside it.
TEST_F(Commits, QuotesAreAnonymous) {
  uint16_t count = commit();
  const Bytes data = {'n', 'o', 'n', 'c', 'e'};
  Quote::Params params{.qualifying_data = wire::Data(data), .in_scheme = with_count(count)};
  auto answer = tpm.run<Quote>({key}, params);
  ASSERT_EQ(answer.code, rc::Success);
  // magic, type, and two Empty Buffers.
  ByteView block = answer.reply.quoted;
  EXPECT_EQ(to_bytes(block.first(10)), (Bytes{0xFF, 'T', 'C', 'G', 0x80, 0x18, 0, 0, 0, 0}));
  Bytes inner = formula::hash(AlgId::Sha256, {block});
  expect_signature(answer.reply.signature, count, formula::hash(AlgId::Sha256, {data, inner}));
  EXPECT_EQ(tpm.run<Quote>({key}, params).code, rc::Value.parameter(2));
  params.in_scheme = {};
  EXPECT_EQ(tpm.run<Quote>({key}, params).code, rc::Scheme.parameter(2));
}

// Part 1, 28.5: nor, beyond its Name, which key it certifies.
TEST_F(Commits, CertificationsAreAnonymous) {
  Made object = create_primary(tpm, rh::Owner, ecdsa_key());
  Certify::Params params{.in_scheme = with_count(commit())};
  auto answer = tpm.run<Certify>({object.handle, key}, params);
  ASSERT_EQ(answer.code, rc::Success);
  auto block = wire::from_wire<wire::Attest>(answer.reply.certify_info);
  ASSERT_TRUE(block);
  EXPECT_TRUE(block->qualified_signer.empty());
  const auto& certified = *block->attested.get<wire::CertifyInfo>();
  EXPECT_EQ(to_bytes(certified.name), object.name);
  EXPECT_TRUE(certified.qualified_name.empty());
}

}  // namespace
}  // namespace vtpm::engine
