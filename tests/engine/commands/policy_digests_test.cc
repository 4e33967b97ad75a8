// SPDX-License-Identifier: Apache-2.0
// Policy digests against those that policy_reference.py computes: a policy is a digest that callers
// compute without the TPM, so it must be exactly theirs.
#include "engine/commands/policy.h"
#include "tests/engine/client_session.h"
#include "tests/engine/crypto/vectors.h"

namespace vtpm::engine {
namespace {

using namespace testing;
using tests::Record;
using tests::to_hex;

// One assertion: a command code, an entity that authorizes by the empty password where the command
// has one, and the parameters.
Rc assert_one(TestTpm& tpm, wire::Handle session, ByteView assertion) {
  Reader in(assertion);
  auto code = static_cast<wire::CommandCode>(in.take_be<uint32_t>().value_or(0));
  std::vector<wire::Handle> handles = {session};
  Bytes area;
  if (code == wire::CommandCode::PolicySecret) {
    handles.insert(handles.begin(), in.take_be<uint32_t>().value_or(0));
    Writer out(area);
    out.put_be(wire::rh::Password);
    out.put_be(uint16_t{0});
    out.put_be(uint8_t{1});
    out.put_be(uint16_t{0});
  }
  Bytes command = TestTpm::assemble(code, handles, area, in.rest());
  return Rc(load_be<uint32_t>(tpm.execute(command).view().subspan(6)));
}

TEST(PolicyDigests, AreThoseOfTheReference) {
  auto records = tests::read_vectors("policies.txt");
  EXPECT_GE(records.size(), 106u);
  for (const Record& record : records) {
    SCOPED_TRACE(record.text("policy") + " with " + record.text("hash"));
    TestTpm tpm;
    ClientSession session = start_session(
        tpm, {.type = wire::SessionType::Trial, .hash = static_cast<AlgId>(record.id("hash"))});
    for (const Bytes& assertion : record.list("assertions"))
      EXPECT_EQ(assert_one(tpm, session.handle, assertion), rc::Success);
    auto answer = tpm.run<PolicyGetDigest>({session.handle}, {});
    ASSERT_EQ(answer.code, rc::Success);
    EXPECT_EQ(to_hex(answer.reply.policy_digest), record.text("digest"));
  }
}

}  // namespace
}  // namespace vtpm::engine
