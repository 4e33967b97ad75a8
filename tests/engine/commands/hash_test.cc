// SPDX-License-Identifier: Apache-2.0
#include "engine/commands/hash.h"

#include <random>

#include "engine/commands/mac.h"
#include "engine/commands/pcr.h"
#include "engine/object/slots.h"
#include "engine/pcr.h"
#include "engine/ticket.h"
#include "tests/engine/hex.h"
#include "tests/engine/test_tpm.h"

namespace vtpm::engine {
namespace {

using testing::hex;
using testing::TestTpm;
using wire::Handle;
using wire::ObjectBit;
namespace rh = wire::rh;

wire::MaxBuffer buffer(std::string_view text) {
  return wire::MaxBuffer(text_bytes(text));
}

bool is_null_ticket(const wire::HashCheckTicket& ticket) {
  return ticket.tag == wire::StructureTag::HashCheck && ticket.hierarchy == rh::Null &&
         ticket.digest.empty();
}

// A loaded keyed-hash key; its handle.
Handle load_key(TestTpm& tpm, wire::ObjectAttributes attributes, wire::KeyedHashScheme scheme,
                std::string_view key = "Jefe") {
  auto object = std::make_shared<Object>();
  object->pub.type = AlgId::KeyedHash;
  object->pub.name_hash = AlgId::Sha256;
  object->pub.attributes = attributes;
  object->pub.parameters = wire::KeyedHashParameters{scheme};
  object->sensitive = wire::Sensitive{.value = wire::PrivateValue(text_bytes(key))};
  return *add_transient(tpm.state, {.object = object});
}
wire::ObjectAttributes signing() {
  return {ObjectBit::Sign, ObjectBit::UserWithAuth};
}
wire::KeyedHashScheme hmac_scheme(AlgId hash) {
  return {.scheme = AlgId::Hmac, .details = wire::HashScheme{hash}};
}

TEST(Hash, GivesTheDigestAndATicket) {
  TestTpm tpm;
  auto answer = tpm.run<Hash>({}, {buffer("abcd"), AlgId::Sha256, rh::Owner});
  ASSERT_EQ(answer.code, rc::Success);
  EXPECT_EQ(hex(answer.reply.out_hash),
            "88d4266fd4e6338d13b845fcf289579d209c897823b9217da3e161936f031589");
  EXPECT_EQ(answer.reply.validation.hierarchy, rh::Owner);
  const wire::HashCheckTicket& ticket = answer.reply.validation;
  EXPECT_TRUE(is_genuine(tpm.state, ticket, AlgId::Sha256, answer.reply.out_hash));
  EXPECT_FALSE(is_genuine(tpm.state, ticket, AlgId::Sha3_256, answer.reply.out_hash));
  wire::Digest other(crypto::hash(crypto::HashAlg::Sha256, text_bytes("other")));
  EXPECT_FALSE(is_genuine(tpm.state, ticket, AlgId::Sha256, other));
  answer.reply.validation.hierarchy = rh::Platform;
  EXPECT_FALSE(is_genuine(tpm.state, ticket, AlgId::Sha256, answer.reply.out_hash));
}

TEST(Hash, GivesANullTicketWhereSigningWouldBeUnsafe) {
  TestTpm tpm;
  for (std::string_view text : {"\xFFTCG", "\xFFTCG attested", "abc", ""}) {
    auto answer = tpm.run<Hash>({}, {buffer(text), AlgId::Sha256, rh::Owner});
    EXPECT_EQ(answer.code, rc::Success);
    EXPECT_TRUE(is_null_ticket(answer.reply.validation)) << text;
  }
  auto answer = tpm.run<Hash>({}, {buffer("abcd"), AlgId::Sha256, rh::Null});
  EXPECT_TRUE(is_null_ticket(answer.reply.validation));
  EXPECT_FALSE(
      is_genuine(tpm.state, answer.reply.validation, AlgId::Sha256, answer.reply.out_hash));
}

TEST(Hash, RefusesBadParameters) {
  TestTpm tpm;
  EXPECT_EQ(tpm.run<Hash>({}, {buffer("x"), AlgId::Null, rh::Owner}).code, rc::Hash.parameter(2));
  EXPECT_EQ(tpm.run<Hash>({}, {buffer("x"), AlgId::Aes, rh::Owner}).code, rc::Hash.parameter(2));
  EXPECT_EQ(tpm.run<Hash>({}, {buffer("x"), AlgId::Sha256, rh::Lockout}).code,
            rc::Value.parameter(3));
  Bytes params(2 + 1025 + 2 + 4);
  store_be<uint16_t>(params, 1025);
  Bytes command = TestTpm::assemble(wire::CommandCode::Hash, {}, {}, params);
  EXPECT_EQ(TestTpm::parse<Hash>(tpm.execute(command).view()).code, rc::Size.parameter(1));
}

TEST(Mac, GivesKnownValues) {
  // RFC 4231, test case 2.
  TestTpm tpm;
  Handle key = load_key(tpm, signing(), {});
  auto data = buffer("what do ya want for nothing?");
  auto answer = tpm.run<Mac>({key}, {data, AlgId::Sha256});
  ASSERT_EQ(answer.code, rc::Success);
  EXPECT_EQ(hex(answer.reply.out_mac),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  auto by_sequence = tpm.run<MacStart>({key}, {wire::Auth(), AlgId::Sha256});
  ASSERT_EQ(by_sequence.code, rc::Success);
  auto completed = tpm.run<SequenceComplete>({by_sequence.reply.sequence.value}, {data, rh::Owner});
  EXPECT_EQ(completed.reply.result, answer.reply.out_mac);
  EXPECT_TRUE(is_null_ticket(completed.reply.validation));
}

// The code that both TPM2_MAC and TPM2_MAC_Start give.
Rc hmac_code(TestTpm& tpm, Handle key, AlgId hash) {
  Rc code = tpm.run<Mac>({key}, {buffer("data"), hash}).code;
  EXPECT_EQ(tpm.run<MacStart>({key}, {wire::Auth(), hash}).code, code);
  return code;
}

TEST(Mac, ChoosesTheHashByTheKeysScheme) {
  TestTpm tpm;
  Handle fixed = load_key(tpm, signing(), hmac_scheme(AlgId::Sha384));
  EXPECT_EQ(hmac_code(tpm, fixed, AlgId::Null), rc::Success);
  EXPECT_EQ(hmac_code(tpm, fixed, AlgId::Sha384), rc::Success);
  EXPECT_EQ(hmac_code(tpm, fixed, AlgId::Sha256), rc::Value.parameter(2));
  EXPECT_EQ(tpm.run<Mac>({fixed}, {buffer("x"), AlgId::Null}).reply.out_mac.size(), 48u);
  Handle free_choice = load_key(tpm, signing(), {});
  EXPECT_EQ(hmac_code(tpm, free_choice, AlgId::Null), rc::Value.parameter(2));
  EXPECT_EQ(hmac_code(tpm, free_choice, AlgId::Aes), rc::Symmetric.parameter(2));
}

TEST(Mac, RefusesOtherKeys) {
  TestTpm tpm;
  Handle restricted =
      load_key(tpm, {ObjectBit::Sign, ObjectBit::UserWithAuth, ObjectBit::Restricted},
               hmac_scheme(AlgId::Sha256));
  EXPECT_EQ(hmac_code(tpm, restricted, AlgId::Null), rc::Attributes.handle(1));
  Handle sealed = load_key(tpm, {ObjectBit::UserWithAuth}, {});
  EXPECT_EQ(hmac_code(tpm, sealed, AlgId::Sha256), rc::Key.handle(1));
  auto ecc = std::make_shared<Object>(*tpm.state.transient->slots[0].object);
  ecc->pub.type = AlgId::Ecc;
  ecc->pub.parameters = wire::EccParameters{};
  Handle other_type = *add_transient(tpm.state, {.object = ecc});
  EXPECT_EQ(hmac_code(tpm, other_type, AlgId::Sha256), rc::Type.handle(1));
  auto sequence = tpm.run<HashSequenceStart>({}, {wire::Auth(), AlgId::Sha256});
  EXPECT_EQ(hmac_code(tpm, sequence.reply.sequence.value, AlgId::Sha256), rc::Sequence);
}

Bytes random_message(std::mt19937& random, size_t maximum) {
  Bytes message(random() % maximum);
  for (uint8_t& byte : message) byte = static_cast<uint8_t>(random());
  return message;
}

// Feeds all but the last piece of the message in random pieces; gives the last.
wire::MaxBuffer feed(TestTpm& tpm, Handle sequence, ByteView message, std::mt19937& random) {
  while (message.size() > 64) {
    size_t piece = std::min<size_t>(random() % 300, message.size());
    auto update = tpm.run<SequenceUpdate>({sequence}, {wire::MaxBuffer(message.first(piece))});
    EXPECT_EQ(update.code, rc::Success);
    message = message.subspan(piece);
  }
  return wire::MaxBuffer(message);
}

TEST(Sequence, InAnyPiecesEqualsOneShot) {
  std::mt19937 random(1);
  TestTpm tpm;
  for (int round = 0; round < 40; ++round) {
    AlgId hash = kHashes[random() % kHashes.size()];
    Bytes message = random_message(random, 1024);
    auto started = tpm.run<HashSequenceStart>({}, {wire::Auth(), hash});
    ASSERT_EQ(started.code, rc::Success);
    Handle sequence = started.reply.sequence.value;
    auto last = feed(tpm, sequence, message, random);
    auto completed = tpm.run<SequenceComplete>({sequence}, {last, rh::Endorsement});
    auto once = tpm.run<Hash>({}, {wire::MaxBuffer(ByteView(message)), hash, rh::Endorsement});
    EXPECT_EQ(completed.reply.result, once.reply.out_hash);
    EXPECT_TRUE(is_null_ticket(completed.reply.validation) ||
                completed.reply.validation.digest == once.reply.validation.digest);
    EXPECT_EQ(tpm.run<SequenceUpdate>({sequence}, {}).code, rc::ReferenceH0);
  }
}

TEST(Sequence, EventInAnyPiecesEqualsPcrEvent) {
  std::mt19937 random(2);
  TestTpm tpm;
  for (int round = 0; round < 20; ++round) {
    Bytes message = random_message(random, 1024);
    auto started = tpm.run<HashSequenceStart>({}, {wire::Auth(), AlgId::Null});
    Handle sequence = started.reply.sequence.value;
    auto last = feed(tpm, sequence, message, random);
    auto completed = tpm.run<EventSequenceComplete>({9, sequence}, {last});
    auto once = tpm.run<PcrEvent>({rh::Null}, {wire::Event(ByteView(message))});
    ASSERT_EQ(completed.code, rc::Success);
    EXPECT_EQ(completed.reply.results, once.reply.digests);
    tpm.run<PcrEvent>({11}, {wire::Event(ByteView(message))});
    for (AlgId hash : {AlgId::Sha256, AlgId::Sha384, AlgId::Sha512})
      EXPECT_EQ(hex(pcr_value(*tpm.state.pcrs, hash, 9)),
                hex(pcr_value(*tpm.state.pcrs, hash, 11)));
  }
}

TEST(Sequence, TicketDependsOnTheFirstBlock) {
  TestTpm tpm;
  auto complete = [&](std::vector<std::string_view> pieces) {
    auto sequence =
        tpm.run<HashSequenceStart>({}, {wire::Auth(), AlgId::Sha256}).reply.sequence.value;
    for (size_t i = 0; i + 1 < pieces.size(); ++i)
      tpm.run<SequenceUpdate>({sequence}, {buffer(pieces[i])});
    auto answer = tpm.run<SequenceComplete>({sequence}, {buffer(pieces.back()), rh::Platform});
    EXPECT_EQ(answer.code, rc::Success);
    bool genuine =
        is_genuine(tpm.state, answer.reply.validation, AlgId::Sha256, answer.reply.result);
    EXPECT_NE(genuine, is_null_ticket(answer.reply.validation));
    return genuine;
  };
  EXPECT_TRUE(complete({"abcd"}));
  EXPECT_TRUE(complete({"abcd", "\xFFTCG"}));
  EXPECT_FALSE(complete({"\xFFTCG", "abcd"}));
  EXPECT_FALSE(complete({"abc", "defgh"}));
  EXPECT_FALSE(complete({"", "abcdefgh"}));
  EXPECT_FALSE(complete({""}));
}

TEST(Sequence, NeedsItsAuthorization) {
  TestTpm tpm;
  Bytes secret = {1, 2, 3}, padded = {1, 2, 3, 0, 0};
  auto sequence =
      tpm.run<HashSequenceStart>({}, {wire::Auth(ByteView(padded)), AlgId::Sha256}).reply.sequence;
  EXPECT_EQ(tpm.run<SequenceUpdate>({sequence.value}, {}).code, rc::BadAuth.session(1));
  EXPECT_EQ(tpm.run<SequenceUpdate>({sequence.value}, {}, {secret}).code, rc::Success);
  EXPECT_EQ(tpm.run<SequenceComplete>({sequence.value}, {buffer(""), rh::Null}, {secret}).code,
            rc::Success);
}

TEST(Sequence, EachKindHasItsOwnEnd) {
  TestTpm tpm;
  Handle hash = tpm.run<HashSequenceStart>({}, {wire::Auth(), AlgId::Sha256}).reply.sequence.value;
  Handle event = tpm.run<HashSequenceStart>({}, {wire::Auth(), AlgId::Null}).reply.sequence.value;
  EXPECT_EQ(tpm.run<SequenceComplete>({event}, {buffer("x"), rh::Null}).code, rc::Mode.handle(1));
  EXPECT_EQ(tpm.run<EventSequenceComplete>({0, hash}, {buffer("x")}).code, rc::Mode.handle(2));
  Handle key = load_key(tpm, signing(), {});
  EXPECT_EQ(tpm.run<SequenceUpdate>({key}, {buffer("x")}).code, rc::Mode.handle(1));
  EXPECT_EQ(tpm.run<SequenceUpdate>({rh::Owner}, {buffer("x")}).code, rc::Value.handle(1));
  EXPECT_EQ(tpm.run<HashSequenceStart>({}, {wire::Auth(), AlgId::Aes}).code, rc::Hash.parameter(2));
}

TEST(Sequence, EventObeysTheLocality) {
  TestTpm tpm;
  Handle event = tpm.run<HashSequenceStart>({}, {wire::Auth(), AlgId::Null}).reply.sequence.value;
  EXPECT_EQ(tpm.run<EventSequenceComplete>({17, event}, {buffer("x")}).code, rc::Locality);
  tpm.locality = 2;
  EXPECT_EQ(tpm.run<EventSequenceComplete>({17, event}, {buffer("x")}).code, rc::Success);
  EXPECT_EQ(tpm.run<EventSequenceComplete>({rh::Null, event}, {buffer("x")}).code,
            rc::ReferenceH0.plus(1));
}

TEST(Sequence, EndsWhenTheSlotsAreTaken) {
  TestTpm tpm;
  Handle first = 0;
  for (size_t i = 0; i < TransientObjects::kSlots; ++i) {
    auto started = tpm.run<HashSequenceStart>({}, {wire::Auth(), AlgId::Sha256});
    ASSERT_EQ(started.code, rc::Success);
    if (i == 0) first = started.reply.sequence.value;
  }
  EXPECT_EQ(tpm.run<HashSequenceStart>({}, {wire::Auth(), AlgId::Sha256}).code, rc::ObjectMemory);
  EXPECT_EQ(tpm.run<SequenceComplete>({first}, {buffer(""), rh::Null}).code, rc::Success);
  auto again = tpm.run<HashSequenceStart>({}, {wire::Auth(), AlgId::Null});
  EXPECT_EQ(again.reply.sequence.value, first);
}

}  // namespace
}  // namespace vtpm::engine
