// SPDX-License-Identifier: Apache-2.0
#include "device/profile_text.h"

#include <algorithm>
#include <sstream>

#include "device/operator_error.h"

namespace vtpm::device {
namespace {

using engine::kProfileChanges;
using engine::Profile;

constexpr const char* kUsual = "usual";

template <class Wanted>
std::string words(Wanted&& wanted) {
  std::string text;
  for (const auto& change : kProfileChanges)
    if (wanted(change)) text.append(text.empty() ? "" : ",").append(change.name);
  return text;
}

}  // namespace

Profile parse_profile(const std::string& text) {
  Profile profile;
  if (text == kUsual) return profile;
  std::istringstream in(text);
  std::string word;
  do {
    std::getline(in, word, ',');
    auto change = std::ranges::find(kProfileChanges, word, &engine::ProfileChange::name);
    if (change == kProfileChanges.end())
      throw OperatorError("--profile=" + text + ": there is no '" + word + "'; give " + kUsual +
                          ", or some of " + profile_words());
    profile.*change->member = change->value;
  } while (!in.eof());
  return profile;
}

std::string to_text(const Profile& profile) {
  const std::string changes =
      words([&](const auto& change) { return profile.*change.member == change.value; });
  return changes.empty() ? kUsual : changes;
}

std::string profile_words() {
  return words([](const auto&) { return true; });
}

}  // namespace vtpm::device
