// SPDX-License-Identifier: Apache-2.0
// Drives one TPM through a scenario, each command first broken in every way and then as it should
// be, and notes what came of it. What two TPMs left in their transcripts is then compared.
#pragma once

#include <functional>
#include <map>
#include <string>

#include "tests/differential/mutation.h"
#include "tests/differential/peer.h"
#include "tests/engine/client_session.h"

namespace vtpm::differential {

using engine::testing::Answer;
using engine::testing::Sent;
using engine::testing::TestTpm;
using engine::testing::Use;
using engine::wire::Handle;

// "Sign: p1 shorter" -> "1d5", or "0" and the response's parameters where they are to be compared.
using Transcript = std::map<std::string, std::string>;

struct Options {
  std::vector<Bytes> passwords = {};
  // Makes the authorizations ready for one attempt: in place of passwords.
  std::function<std::vector<Use>()> uses = {};
  bool same_reply = false;  // the answer is determined by the command, and must agree to the byte
  Depth depth = Depth::All;
  bool break_it = true;                  // try the broken forms
  bool break_authorization = true;       // wrong passwords too: not for what locks itself
  std::vector<std::string> except = {};  // paths that are left alone: what must not be changed
};

class Client {
 public:
  explicit Client(Peer& peer) : peer_(peer) {}

  // Runs C under `step`, a name of its own in the scenario (by default that of the command).
  template <class C>
  Answer<C> run(const std::string& step, const std::vector<Handle>& handles,
                const typename C::Params& params, const Options& options = {}) {
    FieldWalk walk;
    unsigned number = 0;
    engine::wire::visit_fields(params, [&](const auto& field) {
      walk.add(field, "p" + std::to_string(++number));
      return true;
    });
    Step here{step, engine::command_row<C>(), handles, walk, options};
    if (options.break_it) try_broken(here);
    return TestTpm::parse<C>(attempt(here, step, prepared(here, handles, walk.bytes())));
  }

  // What makes ready for a step, and is no step itself.
  template <class C>
  Answer<C> must(const std::vector<Handle>& handles, const typename C::Params& params,
                 std::vector<Use> uses = {}) {
    uses.resize(std::max<size_t>(uses.size(), engine::command_row<C>().auth_count));
    auto answer = engine::testing::run_with<C>(peer_, handles, params, std::move(uses));
    EXPECT_EQ(answer.code, engine::rc::Success);
    return answer;
  }
  Peer& peer() { return peer_; }

  // What came of a step, under a name of its own.
  void note(const std::string& name, const std::string& outcome);
  const Transcript& transcript() const { return transcript_; }

 private:
  struct Step {
    const std::string& name;
    const engine::CommandRow& row;
    const std::vector<Handle>& handles;
    const FieldWalk& parameters;
    const Options& options;
  };

  static std::vector<Use> authorizations(const Step& step);
  Sent prepared(const Step& step, const std::vector<Handle>& handles, ByteView parameters);
  void try_broken(const Step& step);
  void break_number(const Step& step);
  void break_authorizations(const Step& step);
  void break_attributes(const Step& step);
  void broken(const Step& step, const std::string& mutant, const Sent& sent);
  // The response without sessions.
  Bytes attempt(const Step& step, const std::string& name, const Sent& sent);

  Peer& peer_;
  Transcript transcript_;
};

}  // namespace vtpm::differential
