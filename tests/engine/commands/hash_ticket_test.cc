// SPDX-License-Identifier: Apache-2.0
// What TPM2_Hash vouches for, where something is signed (Part 3, 20.5 and 20.7).
#include "engine/commands/hash.h"
#include "engine/commands/hierarchy.h"
#include "engine/commands/signing.h"
#include "tests/engine/objects.h"
#include "tests/engine/signatures.h"

namespace vtpm::engine {
namespace {

using namespace testing;
using wire::Handle;
namespace rh = wire::rh;

const Bytes kMessage = {'m', 'e', 's', 's', 'a', 'g', 'e'};

class HashTickets : public ::testing::Test {
 protected:
  TestTpm tpm;
};

TEST_F(HashTickets, RestrictedKeysNeedATicketForDigests) {
  Made key = create_primary(tpm, rh::Owner, attestation_key());
  auto hashed = tpm.run<Hash>(
      {}, {.data = wire::MaxBuffer(kMessage), .hash = {AlgId::Sha256}, .hierarchy = {rh::Owner}});
  const wire::Digest& digest = hashed.reply.out_hash;
  EXPECT_EQ(tpm.run<SignDigest>({key.handle}, {{}, digest, no_ticket()}).code,
            rc::Ticket.parameter(3));
  EXPECT_EQ(tpm.run<SignDigest>({key.handle}, {{}, digest, hashed.reply.validation}).code,
            rc::Success);
  // A ticket that is given is checked for every key.
  Made unrestricted = create_primary(tpm, rh::Owner, signing_key(AlgId::EcDsa, AlgId::Sha256));
  wire::Digest other(Bytes(32, 1));
  EXPECT_EQ(tpm.run<SignDigest>({unrestricted.handle}, {{}, other, hashed.reply.validation}).code,
            rc::Ticket.parameter(3));
}

TEST_F(HashTickets, ARestrictedKeySignsWhatTheTpmHasHashed) {
  Made key = create_primary(tpm, rh::Owner, attestation_key());
  auto sign = [&](const Bytes& message, const wire::HashCheckTicket& ticket) {
    Sign::Params params{.digest = wire::Digest(formula::hash(AlgId::Sha256, {message})),
                        .validation = ticket};
    return tpm.run<Sign>({key.handle}, params).code;
  };
  auto ticket_for = [&](const Bytes& message, Handle hierarchy) {
    return tpm
        .run<Hash>(
            {},
            {.data = wire::MaxBuffer(message), .hash = {AlgId::Sha256}, .hierarchy = {hierarchy}})
        .reply.validation;
  };
  EXPECT_EQ(sign(kMessage, no_ticket()), rc::Ticket.parameter(3));
  wire::HashCheckTicket ticket = ticket_for(kMessage, rh::Owner);
  EXPECT_EQ(sign(kMessage, ticket), rc::Success);
  EXPECT_EQ(sign({1}, ticket), rc::Ticket.parameter(3));
  wire::HashCheckTicket forged = ticket;
  forged.hierarchy = rh::Platform;
  EXPECT_EQ(sign(kMessage, forged), rc::Ticket.parameter(3));
  // What looks like an attestation gets no ticket.
  Bytes attestation = {0xFF, 'T', 'C', 'G', 0x80, 0x18};
  wire::HashCheckTicket none = ticket_for(attestation, rh::Owner);
  EXPECT_TRUE(none.digest.empty());
  EXPECT_EQ(sign(attestation, none), rc::Ticket.parameter(3));
  // The NULL Ticket of the null hierarchy is none either.
  EXPECT_EQ(sign(kMessage, ticket_for(kMessage, rh::Null)), rc::Ticket.parameter(3));
}

// Part 3, 20.5.1: the ticket is for a digest of the scheme's hash algorithm, also where another one
// gives digests of the same size.
TEST_F(HashTickets, ATicketIsOfTheSchemesHash) {
  Made restricted = create_primary(tpm, rh::Owner, attestation_key());
  Made unrestricted = create_primary(tpm, rh::Owner, signing_key(AlgId::EcDsa, AlgId::Sha256));
  for (AlgId hash : kHashes) {
    auto hashed = tpm.run<Hash>(
        {}, {.data = wire::MaxBuffer(kMessage), .hash = {hash}, .hierarchy = {rh::Owner}});
    const auto& [digest, ticket] = hashed.reply;
    Rc expected = hash == AlgId::Sha256 ? rc::Success : rc::Ticket.parameter(3);
    for (const Made& key : {restricted, unrestricted}) {
      EXPECT_EQ(tpm.run<Sign>({key.handle}, {.digest = digest, .validation = ticket}).code,
                expected);
      EXPECT_EQ(tpm.run<SignDigest>({key.handle}, {{}, digest, ticket}).code, expected);
    }
  }
}

// Part 1, 11.5.
TEST_F(HashTickets, ATicketOfADisabledHierarchyIsNone) {
  Made key = create_primary(tpm, rh::Owner, attestation_key());
  auto hashed = tpm.run<Hash>(
      {},
      {.data = wire::MaxBuffer(kMessage), .hash = {AlgId::Sha256}, .hierarchy = {rh::Endorsement}});
  Sign::Params params{.digest = hashed.reply.out_hash, .validation = hashed.reply.validation};
  EXPECT_EQ(tpm.run<Sign>({key.handle}, params).code, rc::Success);
  ASSERT_EQ(tpm.run<HierarchyControl>({rh::Endorsement}, {{rh::Endorsement}, 0}).code, rc::Success);
  EXPECT_EQ(tpm.run<Sign>({key.handle}, params).code, rc::Ticket.parameter(3));
}

// Part 3, 20.5.1: a ticket that is given is checked for every key.
TEST_F(HashTickets, ATicketIsCheckedForUnrestrictedKeys) {
  Made key = create_primary(tpm, rh::Owner, ecdsa_key());
  Sign::Params params{.digest = wire::Digest(formula::hash(AlgId::Sha256, {kMessage})),
                      .in_scheme = signature_scheme(AlgId::EcDsa, AlgId::Sha256)};
  params.validation = {{.tag = wire::StructureTag::HashCheck,
                        .hierarchy = rh::Owner,
                        .digest = wire::Digest(Bytes(64, 1))}};
  EXPECT_EQ(tpm.run<Sign>({key.handle}, params).code, rc::Ticket.parameter(3));
  params.validation = {{.tag = wire::StructureTag::Creation}};
  EXPECT_EQ(tpm.run<Sign>({key.handle}, params).code, rc::Tag.parameter(3));
  params.validation = {{.tag = wire::StructureTag::HashCheck, .hierarchy = rh::Lockout}};
  EXPECT_EQ(tpm.run<Sign>({key.handle}, params).code, rc::Value.parameter(3));
}

}  // namespace
}  // namespace vtpm::engine
