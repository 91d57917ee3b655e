// Asks for an instrument, a size and a file, and writes the picture.
#pragma once

#include <QDialog>

#include "ui/scene/element_id.h"

class QCheckBox;
class QComboBox;
class QDoubleSpinBox;
class QLabel;
class QLineEdit;
class QSpinBox;

namespace app {

class Instruments;
class QtTextShaper;
class Workbench;

class PictureDialog : public QDialog {
  Q_OBJECT

 public:
  PictureDialog(Workbench& workbench, const Instruments& instruments, QtTextShaper& shaper, ui::Instrument instrument,
                QWidget* parent);

 private:
  void write();

  Workbench& m_workbench;
  const Instruments& m_instruments;
  QtTextShaper& m_shaper;
  QComboBox* m_instrument = nullptr;
  QSpinBox *m_width = nullptr, *m_height = nullptr;
  QDoubleSpinBox* m_scale = nullptr;
  QLineEdit* m_file = nullptr;
  QCheckBox* m_prompt = nullptr;
  QLabel* m_message = nullptr;
};

// What an instrument is called in menus and dialogs.
QString instrumentTitle(ui::Instrument instrument);

}  // namespace app
