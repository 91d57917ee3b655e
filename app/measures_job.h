// Works out the measures of a layer on a thread of its own, for pictures that must not wait. What comes is put where
// the views of just this trace find it: a run or layer that is shown by then gets nothing that is not its own.
#pragma once

#include <QObject>

#include "app/engine_thread.h"
#include "ui/views/layer_measures.h"

namespace app {

class MeasuresJob : public QObject {
  Q_OBJECT

 public:
  MeasuresJob();
  ~MeasuresJob() override;

  // While the same is being worked out, nothing happens; what waits for something else gives way.
  void ask(const ui::ViewSource& source, int layer);
  bool busy() const { return m_busy; }

 signals:
  void arrived();

 private:
  std::weak_ptr<ui::ViewMemo> m_memo;  // that was asked about last
  int m_layer = -1;
  bool m_busy = false;
  int m_serial = 0;
  std::unique_ptr<EngineThread> m_thread;  // last, so that it is joined first
};

}  // namespace app
