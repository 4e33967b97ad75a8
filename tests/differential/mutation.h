// SPDX-License-Identifier: Apache-2.0
// Ways to break a structure, one field at a time.
#pragma once

#include <string>
#include <vector>

#include "tests/differential/fields.h"

namespace vtpm::differential {

struct Mutant {
  std::string name;  // the field's path and what was done to it: "p2.1=0010", "h1=40000007"
  Bytes bytes;
};

// How much to try: every bit and value, or a handful where a command takes long.
enum class Depth { All, Few };

// The structure `bytes` with one of `fields` changed, for each field and each change.
std::vector<Mutant> mutants(const Bytes& bytes, const std::vector<Field>& fields, Depth depth);

// The handles with another in each place.
struct HandleMutant {
  std::string name;
  std::vector<engine::wire::Handle> handles;
};
std::vector<HandleMutant> handle_mutants(const std::vector<engine::wire::Handle>& handles);

// What ends too early, at the start of each field and within it, or too late.
std::vector<Mutant> cuts(const Bytes& bytes, const std::vector<Field>& fields);

}  // namespace vtpm::differential
