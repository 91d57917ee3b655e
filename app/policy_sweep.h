// Every policy decided on the run that is shown, one after the other in the background; what is there is shown already.
#pragma once

#include <QObject>

#include "app/workbench.h"
#include "ui/views/policies_view.h"

namespace app {

class PolicySweep : public QObject {
  Q_OBJECT

 public:
  explicit PolicySweep(Workbench& workbench);
  ~PolicySweep() override;

  void start();  // if this run was not swept yet
  void cancel();
  bool busy() const { return m_busy; }
  double share() const { return m_share; }
  const std::vector<ui::PolicyOutcome>& outcomes() const { return m_outcomes; }  // as far as it has come
  ui::PoliciesView view(const ui::Phrases& say) const;

 signals:
  void changed();

 private:
  void followRun();
  void arrived(int serial, const ui::PolicyOutcome& outcome);

  Workbench& m_workbench;
  std::shared_ptr<const core::RunInfo> m_run;
  int m_length = 0;  // of the run that was swept
  std::vector<ui::PolicyOutcome> m_outcomes;
  bool m_busy = false, m_started = false;
  double m_share = 0;
  int m_serial = 0;
  core::ThreadPool m_pool{2};              // used by jobs of m_thread only
  std::unique_ptr<EngineThread> m_thread;  // last, so that it is joined first
};

}  // namespace app
