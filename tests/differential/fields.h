// SPDX-License-Identifier: Apache-2.0
// Where each field of a marshalled structure lies, found through the structure's own description.
#pragma once

#include <string>
#include <vector>

#include "engine/pipeline/command.h"

namespace vtpm::differential {

struct Field {
  enum class Kind {
    Integer,  // big-endian; a size or a count among them
    Handle,   // of a session
    Bytes,    // a u16 size and as many bytes
    Opaque,   // bytes whose structure only their type knows
  };
  std::string path;  // "3.0.1": field 1 of field 0 of field 3; "3.size": the size of a sized one
  Kind kind;
  size_t offset = 0, size = 0;
  std::vector<size_t> enclosing = {};  // offsets of the u16 sizes that count this field's bytes
};

class FieldWalk {
 public:
  template <class T>
  void add(const T& value, const std::string& path) {
    if constexpr (engine::wire::kIsSelector<T>) {
      add(value.value, path);
    } else if constexpr (requires { value.items; }) {
      add_list(value, path);
    } else if constexpr (
        requires { T::kCapacity; } || requires { value.secret(); }) {
      put(value, path, Field::Kind::Bytes);
    } else if constexpr (is_union(static_cast<const T*>(nullptr))) {
      add_union(value, path);
    } else if constexpr (requires { value.raw; } || std::is_integral_v<T> || std::is_enum_v<T>) {
      put(value, path, Field::Kind::Integer);
    } else if constexpr (engine::wire::SelfCoded<T>) {
      add_self_coded(value, path);
    } else {
      size_t index = 0;
      engine::wire::visit_fields(value, [&](const auto& field) {
        add(field, path + "." + std::to_string(index++));
        return true;
      });
    }
  }

  void add_handle(engine::wire::Handle handle, const std::string& path) {
    put(handle, path, Field::Kind::Handle);
  }

  const Bytes& bytes() const { return bytes_; }
  const std::vector<Field>& fields() const { return fields_; }

 private:
  template <class... Cases>
  static constexpr bool is_union(const engine::wire::Union<Cases...>*) {
    return true;
  }
  static constexpr bool is_union(const void*) { return false; }

  template <class T>
  void put(const T& value, const std::string& path, Field::Kind kind) {
    size_t offset = bytes_.size();
    Writer out(bytes_);
    engine::wire::marshal(out, value);
    fields_.push_back({path, kind, offset, bytes_.size() - offset, enclosing_});
  }
  template <class T>
  void add_list(const T& list, const std::string& path) {
    put(static_cast<uint32_t>(list.items.size()), path + ".count", Field::Kind::Integer);
    size_t index = 0;
    for (const auto& item : list.items) add(item, path + "." + std::to_string(index++));
  }
  template <class... Cases>
  void add_union(const engine::wire::Union<Cases...>& value, const std::string& path) {
    auto add_case = [&](const auto* member) {
      if (member) add(*member, path);
    };
    (add_case(value.template get<typename Cases::Type>()), ...);
  }
  template <class T>
  void add_self_coded(const T& value, const std::string& path) {
    if constexpr (requires { value.operator->(); }) {
      add_sized(value, path);
    } else if constexpr (requires { engine::wire::Handle{*value}; }) {
      put(value, path, Field::Kind::Integer);
    } else {
      put(value, path, Field::Kind::Opaque);
    }
  }
  template <class T>
  void add_sized(const T& value, const std::string& path) {
    size_t offset = bytes_.size();
    put(uint16_t{0}, path + ".size", Field::Kind::Integer);
    if constexpr (requires { static_cast<bool>(value); })
      if (!value) return;
    enclosing_.push_back(offset);
    add(*value, path);
    enclosing_.pop_back();
    store_be(MutableByteView(bytes_).subspan(offset),
             static_cast<uint16_t>(bytes_.size() - offset - 2));
  }

  Bytes bytes_;
  std::vector<Field> fields_;
  std::vector<size_t> enclosing_;
};

}  // namespace vtpm::differential
