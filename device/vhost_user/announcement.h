// SPDX-License-Identifier: Apache-2.0
// The ACPI tables with which a front-end may announce this TPM to its guest (docs/protocol.md, 2).
#pragma once

#include <string>

#include "base/bytes.h"
#include "base/result.h"
#include "protocol/vhost_user_tpm.h"

namespace vtpm::device::vhost_user {

struct Tables {
  Bytes tpm2;
  Bytes ssdt;
};

// Of a TPM with the interface VUT_INTERFACE_* at the protocol's address; or what is wrong with the
// request.
Result<Tables, std::string> announce(uint32_t interface, const vut_tables_request& request);

}  // namespace vtpm::device::vhost_user
