// Another capacity laid over the recorded choices. The run itself stays what it is: only who gets a slot is decided
// again, so every picture follows at once, and the label says that it is simulated.
#include "app/sample_prompt.h"
#include "app/workbench.h"

namespace app {
namespace {

bool sameRule(const core::CapacityOptions& a, const core::CapacityOptions& b) {
  return a.active == b.active && (!a.active || (a.rule == b.rule && a.factor == b.factor));
}

}  // namespace

void Workbench::setCapacity(const core::CapacityOptions& options) {
  if (m_recorded.empty()) return;
  const core::CapacityOptions& own = m_recorded.info().capacity;
  if (sameRule(options, own)) return setCapacityAsRecorded();
  m_laid = options;
  m_laid->simulated = true;
  m_laid->minCapacity = own.minCapacity;
  m_laidOn.reset();
  showTrace(m_recorded);
}

void Workbench::setCapacityAsRecorded() {
  if (!m_laid) return;
  m_laid.reset();
  showTrace(m_recorded);
}

core::CapacityOptions Workbench::capacityToEdit() const {
  core::CapacityOptions options;
  if (!trace().empty()) options = trace().info().capacity;
  if (!options.active) {
    const bool ruled = !m_recorded.empty() && m_recorded.info().capacity.active;
    options = ruled ? m_recorded.info().capacity : core::CapacityOptions{};
    options.active = options.simulated = true;
    if (!ruled) options.factor = kSampleCapacity;
  }
  return options;
}

// The same rows with the info of the capacity that is laid over them; one info as long as neither changes, so that
// what was worked out for the run is kept.
core::Trace Workbench::withCapacity(const core::Trace& recorded) {
  if (!m_laid || recorded.empty()) return recorded;
  if (m_laidOn != recorded.sharedInfo()) {
    m_laidOn = recorded.sharedInfo();
    auto info = std::make_shared<core::RunInfo>(*m_laidOn);
    info->capacity = *m_laid;
    m_laidInfo = std::move(info);
  }
  return recorded.withInfo(m_laidInfo);
}

}  // namespace app
