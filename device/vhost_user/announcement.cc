// SPDX-License-Identifier: Apache-2.0
#include "device/vhost_user/announcement.h"

#include "acpi/tables.h"

namespace vtpm::device::vhost_user {
namespace {

const char* field_name(acpi::Objection::Setting setting) {
  using Setting = acpi::Objection::Setting;
  switch (setting) {
    case Setting::Irq:
      return "irq";
    case Setting::PhysicalPresence:
      return "ppi_address";
    case Setting::LogAddress:
      return "log_address";
    case Setting::LogSize:
      return "log_size";
    case Setting::Base:
    case Setting::OemId:
    case Setting::OemTableId:
      break;  // not the front-end's to say
  }
  return "a constant";
}

}  // namespace

Result<Tables, std::string> announce(uint32_t interface, const vut_tables_request& request) {
  acpi::Configuration configuration;
  configuration.interface =
      interface == VUT_INTERFACE_TIS ? acpi::Interface::Tis : acpi::Interface::Crb;
  if (request.irq != VUT_NO_IRQ) configuration.irq = request.irq;
  if (request.ppi_address != 0) configuration.physical_presence_page = request.ppi_address;
  if (request.log_address != 0 || request.log_size != 0)
    configuration.log_area = acpi::LogArea{request.log_address, request.log_size};
  if (request.reserved != 0) return std::string("reserved is not zero");
  if (const auto found = acpi::objection(configuration))
    return std::string(field_name(found->setting)) + " must be " + std::string(found->rule);
  return Tables{acpi::tpm2_table(configuration), acpi::ssdt(configuration)};
}

}  // namespace vtpm::device::vhost_user
