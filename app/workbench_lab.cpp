// A replay in the run's place: every picture follows at once, what the run chose stands outlined beside it.
#include "app/workbench.h"

namespace app {

void Workbench::showReplay(const core::Trace& replayed) {
  m_replayed = replayed;
  showTrace(m_recorded);
}

void Workbench::showRecorded() {
  if (!m_replayed) return;
  m_replayed.reset();
  showTrace(m_recorded);
}

}  // namespace app
