#include "app/policy_sweep.h"

#include "core/engine/router_policy.h"

namespace app {

PolicySweep::PolicySweep(Workbench& workbench)
    : m_workbench(workbench), m_thread(std::make_unique<EngineThread>(EngineThread::AtEnd::Drop)) {
  connect(&workbench, &Workbench::traceChanged, this, &PolicySweep::followRun);
}

PolicySweep::~PolicySweep() { m_thread.reset(); }

// Another run, or more of it: the pictures are of what was.
void PolicySweep::followRun() {
  const core::Trace& recorded = m_workbench.recorded();
  const auto run = recorded.empty() ? nullptr : recorded.sharedInfo();
  const int length = recorded.empty() ? 0 : recorded.length();
  if (run == m_run && length == m_length) return;
  m_run = run;
  m_length = length;
  cancel();
  ++m_serial;
  m_outcomes.clear();
  m_busy = m_started = false;
  emit changed();
}

void PolicySweep::cancel() { m_thread->cancel("sweep"); }

void PolicySweep::start() {
  const core::Trace& recorded = m_workbench.recorded();
  if (m_started || recorded.empty() || m_workbench.busy()) return;
  const int first = ui::nextRoutedLayer(recorded.config(), 0);
  if (first < 0 || !recorded.has(core::Hook::RouterLogits, first)) return;
  m_started = m_busy = true;
  m_share = 0;
  m_thread->post("sweep", [this, recorded, serial = ++m_serial](const CancelToken& token) {
    const auto all = core::policies();
    for (size_t i = 0; i < all.size() && !token.cancelled(); ++i) {
      core::ReplayOptions options;
      options.policy = core::defaultPolicy(all[i].kind, core::routerOfRun(recorded));
      const auto progress = [&, base = static_cast<double>(i)](double done) {
        const double share = (base + done) / static_cast<double>(all.size());
        QMetaObject::invokeMethod(this, [this, serial, share] {
          if (serial != m_serial || share < m_share + 0.02) return;
          m_share = share;
          emit changed();
        });
        return !token.cancelled();
      };
      auto replayed = core::replay(recorded, options, m_pool, progress);
      if (!replayed && replayed.error().cancelled) break;
      ui::PolicyOutcome outcome;
      if (replayed) {
        outcome = ui::outcomeOf(all[i].kind, recorded, *replayed);
      } else {
        outcome.kind = all[i].kind;
        outcome.whyNot = replayed.error().message;
      }
      QMetaObject::invokeMethod(
          this, [this, serial, outcome] { arrived(serial, outcome); }, Qt::QueuedConnection);
    }
    QMetaObject::invokeMethod(
        this,
        [this, serial] {
          if (serial != m_serial) return;
          m_busy = false;
          emit changed();
        },
        Qt::QueuedConnection);
  });
}

void PolicySweep::arrived(int serial, const ui::PolicyOutcome& outcome) {
  if (serial != m_serial) return;
  m_outcomes.push_back(outcome);
  emit changed();
}

ui::PoliciesView PolicySweep::view(const ui::Phrases& say) const {
  return ui::makePoliciesView(m_outcomes, m_workbench.recorded(), m_workbench.source().ofBlock(), m_workbench.cursor(), say);
}

}  // namespace app
