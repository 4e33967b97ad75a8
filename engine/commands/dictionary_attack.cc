// SPDX-License-Identifier: Apache-2.0
#include "engine/commands/dictionary_attack.h"

#include "engine/dictionary_attack.h"

namespace vtpm::engine {

TpmResult<DictionaryAttackLockReset::Reply> DictionaryAttackLockReset::run(
    Context& context, const Authorized<DictionaryAttackLockReset>&, const Params&) {
  reset_failures(context.state, context.ports);
  return Reply{};
}
VTPM_COMMAND(DictionaryAttackLockReset);

TpmResult<DictionaryAttackParameters::Reply> DictionaryAttackParameters::run(
    Context& context, const Authorized<DictionaryAttackParameters>&, const Params& params) {
  DictionaryAttack& changed = context.state.dictionary_attack.write();
  changed.maximum_tries = params.new_max_tries;
  changed.recovery_time = params.new_recovery_time;
  changed.lockout_recovery = params.lockout_recovery;
  return Reply{};
}
VTPM_COMMAND(DictionaryAttackParameters);

}  // namespace vtpm::engine
