// SPDX-License-Identifier: Apache-2.0
// Which of the algorithms that it was built with a TPM has: settled when it is manufactured, for as
// long as it lives, since its keys, sessions and PCR banks may rest on any of them.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "engine/wire/constants.h"

namespace vtpm::engine {

struct Profile {
  bool sha1 = true;
  bool sha3 = true;       // FAPI of tpm2-tss before 4.1 stumbles over it
  bool rsa_1024 = false;  // keys that are too weak for new uses
  bool ecc_p192 = false;  // the same

  constexpr bool has(wire::AlgId id) const {
    switch (id) {
      case wire::AlgId::Sha1:
        return sha1;
      case wire::AlgId::Sha3_256:
      case wire::AlgId::Sha3_384:
      case wire::AlgId::Sha3_512:
        return sha3;
      default:
        return true;
    }
  }
  constexpr bool has(wire::CurveId id) const { return ecc_p192 || id != wire::CurveId::NistP192; }
  constexpr bool has_rsa_keys_of(uint16_t bits) const { return rsa_1024 || bits != 1024; }

  bool operator==(const Profile&) const = default;
};

// All that this program can do.
inline constexpr Profile kWholeProfile{.rsa_1024 = true, .ecc_p192 = true};

// What makes a profile another than the usual one, in an operator's words.
struct ProfileChange {
  std::string_view name;
  bool Profile::*member;
  bool value;
};
inline constexpr std::array kProfileChanges = {
    ProfileChange{"no-sha1", &Profile::sha1, false},
    ProfileChange{"no-sha3", &Profile::sha3, false},
    ProfileChange{"rsa-1024", &Profile::rsa_1024, true},
    ProfileChange{"ecc-p192", &Profile::ecc_p192, true},
};

}  // namespace vtpm::engine
