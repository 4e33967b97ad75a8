// SPDX-License-Identifier: Apache-2.0
// NV indices of every type (Part 1, 34.2; Part 3, 9.3.1 and 31.2).
#include <map>

#include "tests/engine/client_session.h"
#include "tests/engine/life/life.h"

namespace vtpm::engine::testing {
namespace {

using wire::Handle;
namespace rh = wire::rh;

constexpr uint64_t kOrderlyCount = 255;
const Bytes kPin = {4, 4};

struct Index {
  wire::NvPublic pub;
  Bytes data;
  bool written = false, read_locked = false, write_locked = false;

  NvType type() const { return wire::nv_type(wire::NvExpandedAttributes(pub.attributes.raw)); }
  bool has(NvBit bit) const { return pub.attributes.has(bit); }
  uint64_t number() const { return load_be<uint64_t>(data); }
  void set_number(uint64_t value) { data = wire::to_wire(value); }
};

class IndexExpectation final : public Expectation {
 public:
  using Expectation::Expectation;

  void act() override {
    Handle handle = static_cast<Handle>(kIndex + life.pick(10));
    auto found = indices_.find(handle);
    if (found == indices_.end()) return define_one(handle);
    Index& index = found->second;
    switch (life.pick(10)) {
      case 0:
        if (life.one_in(3)) undefine(handle);
        break;
      case 1:
        lock_reads(index);
        break;
      case 2:
        lock_writes(index);
        break;
      case 3:
        read(index);
        break;
      case 4:
        if (index.type() == NvType::PinFail) guess(index);
        break;
      default:
        for (size_t i = life.pick(300) / 20; i < 15; ++i) write(index);
        if (life.one_in(4)) life.crash();
    }
  }

  void check() override {
    for (auto& [handle, index] : indices_) {
      auto attributes = nv_attributes(life.tpm, handle);
      EXPECT_EQ(attributes.has(NvBit::Written), index.written);
      EXPECT_EQ(attributes.has(NvBit::ReadLocked), index.read_locked);
      EXPECT_EQ(attributes.has(NvBit::WriteLocked), index.write_locked);
      read(index);
    }
  }

  void restarted(Restarting kind) override {
    if (kind == Restarting::Resume) return;
    bool reset = kind != Restarting::Restart;
    for (auto& [handle, index] : indices_) {
      bool counter = index.type() == NvType::Counter;
      bool orderly = index.has(NvBit::Orderly);
      if (!counter && (index.has(NvBit::ClearStClear) || (reset && orderly))) index.written = false;
      if (!index.has(NvBit::WriteDefine) || !index.written) index.write_locked = false;
      index.read_locked = false;
      if (counter && orderly && index.written && kind == Restarting::DisorderlyReset)
        index.set_number(index.number() | kOrderlyCount);
    }
  }

  void cleared() override {
    while (!indices_.empty()) forget(indices_.begin()->first);
  }

 private:
  void define_one(Handle handle) {
    static constexpr NvType kTypes[] = {NvType::Ordinary, NvType::Counter, NvType::Counter,
                                        NvType::Bits,     NvType::Extend,  NvType::PinFail};
    NvType type = kTypes[life.pick(std::size(kTypes))];
    wire::NvPublic pub = nv_public({}, type, type == NvType::Extend ? 32 : 8, handle);
    for (NvBit bit : {NvBit::Orderly, NvBit::ReadStClear, NvBit::WriteStClear})
      pub.attributes.set(bit, life.one_in(2));
    bool counter = type == NvType::Counter;
    if (!pub.attributes.has(NvBit::WriteStClear)) pub.attributes.set(NvBit::WriteDefine);
    if (!counter && !pub.attributes.has(NvBit::WriteDefine))
      pub.attributes.set(NvBit::ClearStClear, life.one_in(3));
    if (type == NvType::PinFail) pub.attributes.set(NvBit::AuthRead);
    EXPECT_EQ(define(life.tpm, pub, kPin), rc::Success);
    indices_[handle] = {.pub = pub};
    life.indices.insert(handle);
  }

  void forget(Handle handle) {
    const Index& index = indices_[handle];
    if (index.type() == NvType::Counter && index.written)
      highest_deleted_ = std::max(highest_deleted_, index.number());
    indices_.erase(handle);
    life.indices.erase(handle);
  }
  void undefine(Handle handle) {
    EXPECT_EQ(nv_undefine(life.tpm, handle), rc::Success);
    forget(handle);
  }

  void lock_reads(Index& index) {
    Rc code = life.tpm.run<NvReadLock>({rh::Owner, index.pub.index}, {}).code;
    bool allowed = index.has(NvBit::ReadStClear);
    EXPECT_EQ(code, allowed ? rc::Success : rc::Attributes.handle(2));
    if (allowed) index.read_locked = true;
  }
  void lock_writes(Index& index) {
    if (!life.one_in(3)) return;
    EXPECT_EQ(life.tpm.run<NvWriteLock>({rh::Owner, index.pub.index}, {}).code, rc::Success);
    index.write_locked = true;
  }

  void read(Index& index) {
    auto answer = nv_read(life.tpm, index.pub.data_size, 0, {}, index.pub.index);
    Rc expected = index.written ? rc::Success : rc::NvUninitialized;
    if (index.read_locked) expected = rc::NvLocked;
    EXPECT_EQ(answer.code, expected) << std::hex << index.pub.attributes.raw;
    if (answer.code == rc::Success) {
      EXPECT_EQ(to_bytes(answer.reply.data.view()), index.data);
    }
  }

  void write(Index& index) {
    Bytes before = index.written ? index.data : Bytes(index.pub.data_size);
    Bytes given = life.some_bytes(8);
    Rc code;
    switch (index.type()) {
      case NvType::Counter:
        code = nv_increment(life.tpm, index.pub.index);
        // Part 3, 31.2: above every count that a counter of this Name can have had.
        if (!index.written) before = wire::to_wire(highest_deleted_);
        given = wire::to_wire(load_be<uint64_t>(before) + 1);
        break;
      case NvType::Bits:
        code =
            life.tpm.run<NvSetBits>({rh::Owner, index.pub.index}, {load_be<uint64_t>(given)}).code;
        given = wire::to_wire(load_be<uint64_t>(before) | load_be<uint64_t>(given));
        break;
      case NvType::Extend:
        code =
            life.tpm.run<NvExtend>({rh::Owner, index.pub.index}, {wire::MaxNvBuffer(given)}).code;
        given = formula::hash(AlgId::Sha256, {before, given});
        break;
      case NvType::PinFail:
        given = {0, 0, 0, 0, 0, 0, 0, static_cast<uint8_t>(1 + life.pick(5))};
        [[fallthrough]];
      default:
        code = nv_write(life.tpm, given, 0, {}, index.pub.index);
    }
    EXPECT_EQ(code, index.write_locked ? rc::NvLocked : rc::Success);
    if (index.write_locked) return;
    index.data = given;
    index.written = true;
  }

  // Part 1, 34.2.6.6: a PIN index is open until pinCount reaches pinLimit.
  void guess(Index& index) {
    uint64_t value = index.written ? index.number() : 0;
    uint64_t count = value >> 32, limit = value & 0xFFFFFFFF;
    bool right = life.one_in(3);
    By by = by_index(right ? kPin : Bytes{8}, index.pub.index);
    Rc code = nv_read(life.tpm, 8, 0, by, index.pub.index).code;
    Rc expected = right ? rc::Success : rc::BadAuth.session(1);
    if (right && index.read_locked) expected = rc::NvLocked;
    if (count >= limit) expected = rc::AuthUnavailable;
    if (!index.written) expected = rc::NvUninitialized;
    EXPECT_EQ(code, expected);
    if (count >= limit) return;
    index.set_number(right ? limit : (count + 1) << 32 | limit);
    if (!right && life.one_in(2)) life.crash();
  }

  std::map<Handle, Index> indices_;
  uint64_t highest_deleted_ = 0;
};

}  // namespace

std::unique_ptr<Expectation> expect_indices(Life& life) {
  return std::make_unique<IndexExpectation>(life);
}

}  // namespace vtpm::engine::testing
