// SPDX-License-Identifier: Apache-2.0
// Windows shapes two things here (QEMU found them first): it cannot take an element of a field as
// large as the page's first part, so a byte of it is a region of its own, made when it is wanted;
// and packages that are returned are named ones.
#include "acpi/physical_presence.h"

namespace vtpm::acpi {
namespace {

using namespace aml;

constexpr std::string_view kPhysicalPresenceUuid = "3DDDFAA6-361B-4EB4-A424-8D10089D1653";
constexpr std::string_view kMemoryClearUuid = "376054ED-CC13-4675-901C-4756D7F2D45D";

// A function of a _DSM whose index the method has in `index`.
Term on_function(const Term& index, uint64_t value, const Terms& content) {
  return if_then(equal(index, integer(value)), content);
}

Term first_of(const Term& arguments) {
  return dereference(aml::index(arguments, integer(0)));
}

Term bit_mask(std::initializer_list<uint8_t> bytes) {
  return return_value(buffer(Bytes(bytes)));
}

Terms registers(uint32_t page) {
  namespace pp = physical_presence;
  constexpr uint32_t kDword = 32;
  constexpr uint32_t kBetween = (pp::kMemoryClear - pp::kLastRequest) * 8 - kDword;
  static_assert(pp::kRequest == pp::kResponse + 4 && pp::kParameter == pp::kRequest + 4 &&
                pp::kLastRequest == pp::kParameter + 4);
  return {
      memory_region("PPIR", integer(page + pp::kRegisters), pp::kEnd - pp::kRegisters),
      byte_fields("PPIR", {{"", (pp::kResponse - pp::kRegisters) * 8},
                           {"PPRP", kDword},
                           {"PPRQ", kDword},
                           {"PPRM", kDword},
                           {"LPPR", kDword},
                           {"", kBetween},
                           {"MOVV", 8}}),
  };
}

// OPST(operation): what firmware says of it. What it cannot speak of is not implemented.
Term operation_status(uint32_t page) {
  auto operation = argument(0);
  constexpr uint32_t kStatusBits = 3;
  return method(
      "OPST", 1,
      {
          if_then(greater(operation, integer(physical_presence::kOperationCount - 1)),
                  {return_value(integer(0))}),
          memory_region("OPSR", add(integer(page + physical_presence::kOperations), operation), 1),
          byte_fields("OPSR", {{"STAT", kStatusBits}}),
          return_value(name("STAT")),
      });
}

// SUBM(operation, parameter): 0 requested, 1 not implemented, 3 not for the operating system.
Term submit() {
  auto operation = argument(0), parameter = argument(1), status = local(0);
  return method("SUBM", 2,
                {
                    store(call("OPST", {operation}), status),
                    if_then(equal(status, integer(0)), {return_value(integer(1))}),
                    if_then(less(status, integer(3)), {return_value(integer(3))}),
                    store(operation, name("PPRQ")),
                    store(parameter, name("PPRM")),
                    return_value(integer(0)),
                });
}

// Function 2: a request without a parameter. It has no answer for what is blocked but 2, failure.
Term submit_request(const Term& function, const Term& arguments) {
  return on_function(function, 2,
                     {
                         store(call("SUBM", {first_of(arguments), integer(0)}), local(0)),
                         if_then(equal(local(0), integer(3)), {return_value(integer(2))}),
                         return_value(local(0)),
                     });
}

// Function 3: the pending request, with its parameter from revision 2 on.
Term pending_request(const Term& revision, const Term& function) {
  return on_function(function, 3,
                     {
                         if_then(equal(revision, integer(1)),
                                 {store(name("PPRQ"), aml::index(name("PKG2"), integer(1))),
                                  return_value(name("PKG2"))}),
                         store(name("PPRQ"), aml::index(name("PKG3"), integer(1))),
                         store(name("PPRM"), aml::index(name("PKG3"), integer(2))),
                         return_value(name("PKG3")),
                     });
}

// Function 5: the last request and what became of it.
Term last_response(const Term& function) {
  return on_function(function, 5,
                     {
                         store(name("LPPR"), aml::index(name("PKG3"), integer(1))),
                         store(name("PPRP"), aml::index(name("PKG3"), integer(2))),
                         return_value(name("PKG3")),
                     });
}

// Function 7: a request with, from revision 2 on, an optional parameter.
Term submit_request_2(const Term& revision, const Term& function, const Term& arguments) {
  return on_function(
      function, 7,
      {
          store(integer(0), local(0)),
          if_then(greater(revision, integer(1)),
                  {if_then(greater(size_of(arguments), integer(1)),
                           {store(dereference(aml::index(arguments, integer(1))), local(0))})}),
          return_value(call("SUBM", {first_of(arguments), local(0)})),
      });
}

// PPIF(revision, function, arguments)
Term physical_presence_functions() {
  auto revision = argument(0), function = argument(1), arguments = argument(2);
  constexpr uint64_t kReboot = 2, kNotImplemented = 3;
  return method("PPIF", 3,
                {
                    on_function(function, 0, {bit_mask({0xFF, 0x01})}),
                    on_function(function, 1, {return_value(string("1.3"))}),
                    submit_request(function, arguments),
                    pending_request(revision, function),
                    on_function(function, 4, {return_value(integer(kReboot))}),
                    last_response(function),
                    on_function(function, 6, {return_value(integer(kNotImplemented))}),
                    submit_request_2(revision, function, arguments),
                    on_function(function, 8, {return_value(call("OPST", {first_of(arguments)}))}),
                    bit_mask({0}),
                });
}

// MORF(function, arguments)
Term memory_clear_functions() {
  auto function = argument(0), arguments = argument(1);
  return method(
      "MORF", 2,
      {
          on_function(function, 0, {bit_mask({0x03})}),
          on_function(function, 1,
                      {store(first_of(arguments), name("MOVV")), return_value(integer(0))}),
          bit_mask({0}),
      });
}

// _DSM(uuid, revision, function, arguments), ACPI 6.5, 9.1.1
Term device_specific_method() {
  auto is = [](std::string_view text) { return equal(argument(0), uuid(text)); };
  return method(
      "_DSM", 4,
      {
          if_then(is(kPhysicalPresenceUuid),
                  {return_value(call("PPIF", {argument(1), argument(2), argument(3)}))}),
          if_then(is(kMemoryClearUuid), {return_value(call("MORF", {argument(2), argument(3)}))}),
          bit_mask({0}),
      });
}

}  // namespace

Terms physical_presence_terms(uint32_t page) {
  Terms terms = registers(page);
  const Term zero = integer(0);
  for (const auto& term :
       {define("PKG2", package({zero, zero})), define("PKG3", package({zero, zero, zero})),
        operation_status(page), submit(), physical_presence_functions(), memory_clear_functions(),
        device_specific_method()})
    terms.push_back(term);
  return terms;
}

}  // namespace vtpm::acpi
