// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/bytes.h"
#include "base/secret.h"

namespace vtpm::engine::crypto {

// What a key encapsulation mechanism makes for the owner of a key.
struct Encapsulated {
  Secret secret;
  Bytes ciphertext;
};

}  // namespace vtpm::engine::crypto
