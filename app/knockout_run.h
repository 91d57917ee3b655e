// Knock-outs from the window: every expert silenced in turn on the model of the run that is shown, on the engine
// thread; kept with the run, and there again when it is opened.
#pragma once

#include <QObject>

#include "app/workbench.h"
#include "ui/views/knockout_view.h"

namespace app {

class KnockoutRun : public QObject {
  Q_OBJECT

 public:
  explicit KnockoutRun(Workbench& workbench);

  void run(const core::KnockoutRequest& request);
  QString whyNot() const;  // empty: the run that is shown can be swept
  void cancel();

  bool busy() const { return m_busy; }
  double share() const { return m_share; }
  const QString& remark() const { return m_remark; }
  const std::vector<core::StoredKnockout>& sweeps() const { return m_sweeps; }  // of the run that is shown, by time
  int current() const { return m_current; }                                     // of them; -1: none
  void choose(int sweep);                                                       // -1: none
  const std::shared_ptr<const core::RunInfo>& run() const { return m_run; }
  ui::KnockoutView view(const ui::Phrases& say) const;

 signals:
  void changed();
  void swept(int before, int now);  // a new one is there, `before` was shown
  void failed(const app::Problem& problem);

 private:
  void followRun();
  void receive(const std::shared_ptr<const core::RunInfo>& run, const core::StoredKnockout& sweep);

  Workbench& m_workbench;
  std::shared_ptr<const core::RunInfo> m_run;
  std::optional<core::RunId> m_id;
  std::vector<core::StoredKnockout> m_sweeps;
  int m_current = -1;
  QString m_remark;
  bool m_busy = false;
  double m_share = 0;
  int m_serial = 0;
};

}  // namespace app
