// SPDX-License-Identifier: Apache-2.0
// Drives one TPM through a scenario, each command first broken in every way and then as it should
// be, and notes what came of it. What two TPMs left in their transcripts is then compared.
#pragma once

#include <map>
#include <string>

#include "tests/differential/mutation.h"
#include "tests/differential/peer.h"

namespace vtpm::differential {

using engine::testing::Answer;
using engine::testing::TestTpm;
using engine::wire::Handle;

// "Sign: p1 shorter" -> "1d5", or "0" and the response's parameters where they are to be compared.
using Transcript = std::map<std::string, std::string>;

struct Options {
  std::vector<Bytes> passwords = {};
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
    const engine::CommandRow& row = engine::command_row<C>();
    FieldWalk sessions = authorizations(row, options);
    Command command{.row = row,
                    .handles = area(handles),
                    .sessions = sessions.bytes(),
                    .parameters = walk.bytes()};
    if (options.break_it) try_broken(step, command, handles, sessions, walk, options);
    Bytes response = peer_.transact(assemble(command));
    note(step, response, options.same_reply);
    return TestTpm::parse<C>(response);
  }

  const Transcript& transcript() const { return transcript_; }

 private:
  struct Command {
    const engine::CommandRow& row;
    Bytes handles, sessions, parameters;
  };

  static Bytes area(const std::vector<Handle>& handles);
  static FieldWalk authorizations(const engine::CommandRow& row, const Options& options);
  static Bytes assemble(const Command& command);
  void try_broken(const std::string& step, const Command& command,
                  const std::vector<Handle>& handles, const FieldWalk& sessions,
                  const FieldWalk& parameters, const Options& options);
  // Sends a broken command, and flushes what came of it.
  void attempt(const std::string& step, const std::string& mutant, const Command& command,
               const Options& options);
  void note(const std::string& step, ByteView response, bool whole);

  Peer& peer_;
  Transcript transcript_;
};

}  // namespace vtpm::differential
