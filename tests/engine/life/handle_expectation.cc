// SPDX-License-Identifier: Apache-2.0
// Objects, sequences and sessions in the TPM, and their contexts outside of it (Part 1, clause 27).
#include "engine/commands/context.h"
#include "engine/commands/hash.h"
#include "engine/commands/random.h"
#include "tests/engine/client_session.h"
#include "tests/engine/life/life.h"

namespace vtpm::engine::testing {
namespace {

using wire::Handle;
namespace rh = wire::rh;

struct SavedObject {
  wire::Context context;
  Handle hierarchy = rh::Null;
  bool st_clear = false;
};
struct LoadedObject {
  Handle handle = 0;
  Handle hierarchy = rh::Null;
  bool st_clear = false;
};
struct SavedSession {
  wire::Context context;
  ClientSession session;
};

class HandleExpectation final : public Expectation {
 public:
  using Expectation::Expectation;

  void act() override {
    using Action = void (HandleExpectation::*)();
    static constexpr Action kActions[] = {
        &HandleExpectation::make_object,  &HandleExpectation::start_sequence,
        &HandleExpectation::save_object,  &HandleExpectation::load_object,
        &HandleExpectation::flush_object, &HandleExpectation::start,
        &HandleExpectation::use,          &HandleExpectation::save_session,
        &HandleExpectation::load_session, &HandleExpectation::flush_session,
    };
    (this->*kActions[life.pick(std::size(kActions))])();
  }

  void check() override {
    expect_handles("transient", 0x80000000, life.transient);
    expect_handles("persistent", 0x81000000, life.persistent);
    expect_handles("NV", 0x01000000, life.indices);
    expect_handles("loaded sessions", 0x02000000, life.loaded_sessions);
    expect_handles("saved sessions", 0x03000000, life.saved_sessions);
  }

  void restarted(Restarting kind) override {
    objects_.clear();
    sessions_.clear();
    bool reset = kind == Restarting::Reset || kind == Restarting::DisorderlyReset;
    std::erase_if(saved_objects_, [&](const SavedObject& saved) {
      bool gone = reset || (saved.st_clear && kind == Restarting::Restart);
      if (gone) {
        EXPECT_NE(life.tpm.run<ContextLoad>({}, {saved.context}).code, rc::Success);
      }
      return gone;
    });
    if (!reset) return;
    for (const SavedSession& saved : saved_sessions_)
      EXPECT_NE(life.tpm.run<ContextLoad>({}, {saved.context}).code, rc::Success);
    saved_sessions_.clear();
  }

  void cleared() override {
    std::erase_if(objects_, [&](const LoadedObject& object) {
      return object.hierarchy == rh::Owner && life.transient.erase(object.handle) == 1;
    });
    std::erase_if(saved_objects_, [&](const SavedObject& saved) {
      if (saved.hierarchy != rh::Owner) return false;
      EXPECT_NE(life.tpm.run<ContextLoad>({}, {saved.context}).code, rc::Success);
      return true;
    });
    // Contexts of sessions die with the storage seed (Part 2, 14.7.1); their handles stay taken.
    for (const SavedSession& saved : saved_sessions_) {
      EXPECT_NE(life.tpm.run<ContextLoad>({}, {saved.context}).code, rc::Success);
      life.flush(saved.session.handle);
    }
    saved_sessions_.clear();
  }

 private:
  template <class Item>
  Item take(std::vector<Item>& items) {
    auto at = items.begin() + static_cast<ptrdiff_t>(life.pick(items.size()));
    Item item = *at;
    items.erase(at);
    return item;
  }

  void expect_handles(const char* what, Handle first, const std::set<Handle>& expected) {
    SCOPED_TRACE(what);
    std::set<Handle> reported;
    for (Handle handle : handles_from(life.tpm, first)) reported.insert(handle);
    // Saved sessions are reported as HMAC sessions (Part 3, 30.2.1).
    std::set<Handle> wanted;
    for (Handle handle : expected)
      wanted.insert(first == 0x03000000 ? (handle & 0x00FFFFFF) | 0x02000000 : handle);
    EXPECT_EQ(reported, wanted);
  }

  void make_object() {
    if (objects_.size() >= 8) return;
    Handle hierarchy = life.one_in(2) ? rh::Owner : rh::Null;
    wire::Public pub = life.one_in(3) ? ecc_storage() : hmac_key();
    bool st_clear = life.one_in(3);
    pub.attributes.set(wire::ObjectBit::StClear, st_clear);
    objects_.push_back({life.make(pub, {}, {}, hierarchy).handle, hierarchy, st_clear});
  }
  void start_sequence() {
    if (objects_.size() >= 8) return;
    auto answer = life.tpm.run<HashSequenceStart>({}, {.hash = {AlgId::Sha256}});
    ASSERT_EQ(answer.code, rc::Success);
    objects_.push_back({.handle = answer.reply.sequence.value});
    EXPECT_TRUE(life.transient.insert(answer.reply.sequence.value).second);
  }
  void save_object() {
    if (objects_.empty() || saved_objects_.size() >= 8) return;
    const LoadedObject& object = objects_[life.pick(objects_.size())];
    auto saved = life.tpm.run<ContextSave>({object.handle}, {});
    ASSERT_EQ(saved.code, rc::Success);
    saved_objects_.push_back({saved.reply.context, object.hierarchy, object.st_clear});
  }
  void load_object() {
    if (saved_objects_.empty() || objects_.size() >= 8) return;
    const SavedObject& saved = saved_objects_[life.pick(saved_objects_.size())];
    auto loaded = life.tpm.run<ContextLoad>({}, {saved.context});
    ASSERT_EQ(loaded.code, rc::Success);
    Handle handle = loaded.reply.loaded_handle.value;
    EXPECT_TRUE(life.transient.insert(handle).second);
    objects_.push_back({handle, saved.hierarchy, saved.st_clear});
  }
  void flush_object() {
    if (!objects_.empty()) life.flush(take(objects_).handle);
  }

  void start() {
    if (sessions_.size() + saved_sessions_.size() >= 10) return;
    auto type = life.one_in(2) ? wire::SessionType::Hmac : wire::SessionType::Policy;
    sessions_.push_back(start_session(life.tpm, {.type = type, .symmetric = aes_cfb(128)}));
    EXPECT_TRUE(life.loaded_sessions.insert(sessions_.back().handle).second);
  }
  void use() {
    if (sessions_.empty()) return;
    ClientSession& session = sessions_[life.pick(sessions_.size())];
    Use use{.session = &session, .attributes = kContinue | kEncrypt};
    EXPECT_EQ(run_with<GetRandom>(life.tpm, {}, {16}, {use}).code, rc::Success);
  }
  void save_session() {
    if (sessions_.empty()) return;
    ClientSession session = take(sessions_);
    auto saved = life.tpm.run<ContextSave>({session.handle}, {});
    ASSERT_EQ(saved.code, rc::Success);
    life.loaded_sessions.erase(session.handle);
    life.saved_sessions.insert(session.handle);
    saved_sessions_.push_back({saved.reply.context, session});
  }
  void load_session() {
    if (saved_sessions_.empty()) return;
    SavedSession saved = take(saved_sessions_);
    auto loaded = life.tpm.run<ContextLoad>({}, {saved.context});
    ASSERT_EQ(loaded.code, rc::Success);
    EXPECT_EQ(loaded.reply.loaded_handle.value, saved.session.handle);
    // Only once.
    EXPECT_NE(life.tpm.run<ContextLoad>({}, {saved.context}).code, rc::Success);
    life.saved_sessions.erase(saved.session.handle);
    life.loaded_sessions.insert(saved.session.handle);
    sessions_.push_back(saved.session);
  }
  void flush_session() {
    if (!sessions_.empty() && life.one_in(2)) return life.flush(take(sessions_).handle);
    if (!saved_sessions_.empty()) life.flush(take(saved_sessions_).session.handle);
  }

  std::vector<LoadedObject> objects_;
  std::vector<SavedObject> saved_objects_;
  std::vector<ClientSession> sessions_;
  std::vector<SavedSession> saved_sessions_;
};

}  // namespace

std::unique_ptr<Expectation> expect_handles(Life& life) {
  return std::make_unique<HandleExpectation>(life);
}

}  // namespace vtpm::engine::testing
