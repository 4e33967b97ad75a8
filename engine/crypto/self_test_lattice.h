// SPDX-License-Identifier: Apache-2.0
// Known answers of the post-quantum algorithms. Internal to the self tests.
#pragma once

namespace vtpm::engine::crypto {

bool test_ml_kem();
bool test_ml_dsa();

}  // namespace vtpm::engine::crypto
