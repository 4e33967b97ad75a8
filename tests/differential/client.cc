// SPDX-License-Identifier: Apache-2.0
#include "tests/differential/client.h"

#include "engine/commands/context.h"
#include "tests/engine/hex.h"

namespace vtpm::differential {
namespace {

using engine::testing::hex;

struct AuthorizationBlock {  // TPMS_AUTH_COMMAND
  Handle session = 0;
  engine::wire::Nonce nonce;
  uint8_t attributes = 0;
  engine::wire::Auth proof;
};

bool starts_with(const std::string& text, const std::string& prefix) {
  return text.compare(0, prefix.size(), prefix) == 0;
}

bool left_alone(const Options& options, const std::string& name) {
  for (const std::string& path : options.except)
    if (starts_with(name, path)) return true;
  return false;
}

uint32_t code_of(ByteView response) {
  return load_be<uint32_t>(response.subspan(6));
}

// Where the fields of an authorization area lie.
FieldWalk walk_through(ByteView area) {
  FieldWalk walk;
  engine::wire::Reader in(area);
  for (unsigned number = 1; in.remaining() > 0; ++number) {
    AuthorizationBlock block;
    if (!engine::wire::unmarshal(in, block)) break;
    std::string path = "a" + std::to_string(number);
    walk.add_handle(block.session, path + ".0");
    walk.add(block.nonce, path + ".1");
    walk.add(block.attributes, path + ".2");
    walk.add(block.proof, path + ".3");
  }
  return walk;
}

Sent with_authorizations(Sent sent, ByteView area) {
  sent.command = TestTpm::assemble(sent.code, sent.handles, area, sent.parameters);
  return sent;
}

}  // namespace

std::vector<Use> Client::authorizations(const Step& step) {
  if (step.options.uses) return step.options.uses();
  std::vector<Use> uses(step.row.auth_count);
  for (size_t i = 0; i < std::min(uses.size(), step.options.passwords.size()); ++i)
    uses[i].auth = step.options.passwords[i];
  return uses;
}

Sent Client::prepared(const Step& step, const std::vector<Handle>& handles, ByteView parameters) {
  std::vector<Use> uses = authorizations(step);
  return engine::testing::prepare(peer_, step.row, handles, parameters, std::move(uses));
}

void Client::try_broken(const Step& step) {
  const FieldWalk& parameters = step.parameters;
  for (const HandleMutant& mutant : handle_mutants(step.handles)) {
    if (left_alone(step.options, mutant.name)) continue;
    broken(step, mutant.name, prepared(step, mutant.handles, parameters.bytes()));
  }
  if (step.options.break_authorization) {
    break_number(step);
    break_authorizations(step);
    break_attributes(step);
  }
  std::vector<Mutant> list = cuts(parameters.bytes(), parameters.fields());
  for (Mutant& mutant : mutants(parameters.bytes(), parameters.fields(), step.options.depth))
    list.push_back(std::move(mutant));
  for (const Mutant& mutant : list) {
    if (left_alone(step.options, mutant.name)) continue;
    broken(step, mutant.name, prepared(step, step.handles, mutant.bytes));
  }
}

// Each field of the authorization area as the caller has made it, whose HMACs then are wrong.
void Client::break_authorizations(const Step& step) {
  FieldWalk walk = walk_through(prepared(step, step.handles, step.parameters.bytes()).session_area);
  if (walk.fields().empty()) return;
  for (size_t i = 0; i < mutants(walk.bytes(), walk.fields(), step.options.depth).size(); ++i) {
    // Nonces are fresh each time, what is done to them is not.
    Sent sent = prepared(step, step.handles, step.parameters.bytes());
    walk = walk_through(sent.session_area);
    Mutant mutant = mutants(walk.bytes(), walk.fields(), step.options.depth)[i];
    if (left_alone(step.options, mutant.name)) continue;
    broken(step, mutant.name, with_authorizations(sent, mutant.bytes));
  }
}

// None, one more, and another size than they have.
void Client::break_number(const Step& step) {
  auto attempt = [&](const std::string& name, auto&& change) {
    Sent sent = prepared(step, step.handles, step.parameters.bytes());
    if (left_alone(step.options, name)) return;
    change(sent);
    broken(step, name, sent);
  };
  if (!prepared(step, step.handles, step.parameters.bytes()).session_area.empty()) {
    attempt("a=none", [](Sent& sent) {
      sent.uses.clear();
      sent = with_authorizations(sent, {});
    });
    for (int by : {1, -1})
      attempt(by > 0 ? "a size+1" : "a size-1", [&](Sent& sent) {
        auto size = MutableByteView(sent.command)
                        .subspan(kHeaderSize + sizeof(Handle) * sent.handles.size());
        store_be(size, load_be<uint32_t>(size) + static_cast<uint32_t>(by));
      });
  }
  attempt("a=more", [](Sent& sent) {
    Writer out(sent.session_area);
    AuthorizationBlock password{.session = engine::wire::rh::Password, .attributes = 1};
    engine::wire::marshal(out, password);
    sent = with_authorizations(sent, sent.session_area);
  });
}

// Other attributes of a session, its HMAC made for them; but for continueSession, which would end
// the session.
void Client::break_attributes(const Step& step) {
  size_t count = authorizations(step).size();
  for (size_t i = 0; i < count; ++i) {
    for (unsigned bit = 1; bit < 8; ++bit) {
      std::vector<Use> uses = authorizations(step);
      if (!uses[i].session) break;
      uses[i].attributes = static_cast<uint8_t>(uses[i].attributes ^ 1u << bit);
      std::string name = "s" + std::to_string(i + 1) + "=" + hex(Bytes{uses[i].attributes});
      if (left_alone(step.options, name)) continue;
      broken(step, name,
             engine::testing::prepare(peer_, step.row, step.handles, step.parameters.bytes(),
                                      std::move(uses)));
    }
  }
}

// Sends a broken command, and flushes what came of it.
void Client::broken(const Step& step, const std::string& mutant, const Sent& sent) {
  Bytes response = attempt(step, step.name + ": " + mutant, sent);
  if (code_of(response) != 0 || !step.row.returns_handle) return;
  Handle handle = load_be<uint32_t>(ByteView(response).subspan(kHeaderSize));
  peer_.transact(TestTpm::password_command<engine::FlushContext>({}, {.flush_handle = {handle}}));
}

Bytes Client::attempt(const Step& step, const std::string& name, const Sent& sent) {
  Bytes response = peer_.transact(sent.command);
  SCOPED_TRACE(name);
  if (code_of(response) == 0)
    response = engine::testing::accept(sent, response, step.row.returns_handle);
  char code[16];
  std::snprintf(code, sizeof code, "%03x", code_of(response));
  bool whole = step.options.same_reply && code_of(response) == 0;
  note(name, whole ? code + (" " + hex(ByteView(response).subspan(kHeaderSize))) : code);
  return response;
}

void Client::note(const std::string& name, const std::string& outcome) {
  bool first = transcript_.emplace(name, outcome).second;
  EXPECT_TRUE(first) << name << " is there twice";
}

}  // namespace vtpm::differential
