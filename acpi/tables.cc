// SPDX-License-Identifier: Apache-2.0
#include "acpi/tables.h"

#include "acpi/aml.h"
#include "acpi/little_endian.h"
#include "acpi/physical_presence.h"
#include "acpi/resources.h"

namespace vtpm::acpi {
namespace {

constexpr uint32_t kCreatorRevision = 1;
constexpr size_t kChecksumAt = 9;
constexpr uint8_t kTpm2Revision = 4;
constexpr uint8_t kSsdtRevision = 2;  // integers of 64 bits, where the DSDT says so too

constexpr uint16_t kClientPlatform = 0;
constexpr uint32_t kControlArea = 0x40;  // PTP 6.5.3: TPM_CRB_CTRL_REQ, in locality 0's page
constexpr size_t kStartParameters = 12;  // none of the two start methods has any

void put_text(Bytes& out, std::string_view text, size_t width, uint8_t padding) {
  append(out, text_bytes(text));
  out.resize(out.size() + width - text.size(), padding);
}

Bytes table(std::string_view signature, uint8_t revision, const Configuration& configuration,
            ByteView content) {
  Bytes out;
  put_text(out, signature, 4, ' ');
  put_le(out, static_cast<uint32_t>(kHeaderSize + content.size()));
  put_le(out, revision);
  put_le(out, uint8_t{0});
  put_text(out, configuration.oem_id, 6, ' ');
  put_text(out, configuration.oem_table_id, 8, ' ');
  put_le(out, configuration.oem_revision);
  put_text(out, kCreatorId, 4, ' ');
  put_le(out, kCreatorRevision);
  append(out, content);
  uint8_t sum = 0;
  for (uint8_t byte : out) sum = static_cast<uint8_t>(sum + byte);
  out[kChecksumAt] = static_cast<uint8_t>(-sum);
  return out;
}

aml::Term resources(const Configuration& configuration) {
  std::vector<Bytes> descriptors{
      fixed_memory(static_cast<uint32_t>(configuration.base), kRegistersSize)};
  if (configuration.irq) descriptors.push_back(interrupt(*configuration.irq));
  return resource_template(descriptors);
}

}  // namespace

Bytes tpm2_table(const Configuration& configuration) {
  bool crb = configuration.interface == Interface::Crb;
  Bytes content;
  put_le(content, kClientPlatform);
  put_le(content, uint16_t{0});
  put_le(content, crb ? configuration.base + kControlArea : uint64_t{0});
  put_le(content, crb ? kStartMethodCrb : kStartMethodTis);
  content.resize(content.size() + kStartParameters);
  if (configuration.log_area) {
    put_le(content, configuration.log_area->minimum_size);
    put_le(content, configuration.log_area->address);
  }
  return table("TPM2", kTpm2Revision, configuration, content);
}

Bytes ssdt(const Configuration& configuration) {
  using namespace aml;
  constexpr uint8_t kPresentShownWorking = 0x0F;  // ACPI 6.5, 6.3.7
  Terms content{
      // Linux's and Windows's drivers for both interfaces look for this name: it needs no _CID.
      define("_HID", string("MSFT0101")),
      define("_STR", unicode("TPM 2.0 Device")),
      define("_UID", integer(1)),
      define("_STA", integer(kPresentShownWorking)),
      define("_CRS", resources(configuration)),
  };
  if (configuration.physical_presence_page)
    for (const auto& term :
         physical_presence_terms(static_cast<uint32_t>(*configuration.physical_presence_page)))
      content.push_back(term);
  return table("SSDT", kSsdtRevision, configuration, scope("\\_SB", {device("VTPM", content)}));
}

}  // namespace vtpm::acpi
