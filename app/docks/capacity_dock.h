// Which capacity the drops are decided with: rule and factor, and what they take away. Dragging decides again on the
// recorded choices at once, in every instrument.
#pragma once

#include <optional>

#include "app/docks/dock.h"
#include "core/trace/trace.h"

class QComboBox;
class QDoubleSpinBox;
class QLabel;
class QPushButton;
class QSlider;

namespace app {

class Instruments;
class Workbench;

class CapacityDock : public Dock {
  Q_OBJECT

 public:
  CapacityDock(Workbench& workbench, const Instruments& instruments, QWidget* parent);
  void startSetting();  // shows itself, the slider takes the keyboard

 signals:
  void edited(const core::CapacityOptions& options);
  void asRecorded();

 protected:
  void showEvent(QShowEvent* event) override;

 private:
  void makeControls();
  void showCapacity();
  void editFactor(double factor);
  void editRule(int index);

  Workbench& m_workbench;
  const Instruments& m_instruments;
  QComboBox* m_rule = nullptr;
  QSlider* m_slider = nullptr;
  QDoubleSpinBox* m_factor = nullptr;
  QLabel* m_arithmetic = nullptr;
  QLabel* m_here = nullptr;
  QLabel* m_case = nullptr;
  QLabel* m_about = nullptr;
  QPushButton* m_reset = nullptr;
  bool m_showing = false;  // what changes now was not changed by the user
};

}  // namespace app
