// Where the gradient would push, for the layer under the cursor: worked out in the background once a layer and trace,
// while somebody looks.
#pragma once

#include <QObject>

#include "app/workbench.h"
#include "ui/views/push_view.h"

namespace app {

class Lab;

class PushLens : public QObject {
  Q_OBJECT

 public:
  PushLens(Workbench& workbench, const Lab& lab);
  ~PushLens() override;

  void setWatched(bool watched);
  bool isThere() const;  // what is held belongs to the cursor's layer and the trace that is shown
  ui::PushView view(const ui::Phrases& say) const;

 signals:
  void changed();

 private:
  void follow();
  core::Result<core::Policy> policy() const;

  Workbench& m_workbench;
  const Lab& m_lab;
  ui::LayerPushes m_pushes;
  std::shared_ptr<const core::RunInfo> m_run;  // that m_pushes is of, and how long it was
  int m_length = 0;
  bool m_watched = false;
  int m_serial = 0;
  std::unique_ptr<EngineThread> m_thread;  // last, so that it is joined first
};

}  // namespace app
