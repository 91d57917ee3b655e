// What people set once: how it looks, where runs are kept, what runs them, how much of a run is kept. Every change
// takes effect at once.
#pragma once

#include <QDialog>
#include <vector>

#include "app/run_room.h"
#include "app/settings.h"

class QCheckBox;
class QComboBox;
class QFormLayout;
class QLabel;
class QLineEdit;

namespace app {

class SettingsDialog : public QDialog {
  Q_OBJECT

 public:
  SettingsDialog(const Settings& settings, const QString& storeFile, QWidget* parent);
  void showDevices(const std::vector<DeviceChoice>& devices, const QString& current);
  // What the tensors of a run take in the database, of the model that is open; empty: none is.
  void showTensorSize(const QString& words);

 signals:
  void changed(const app::Settings& settings);

 private:
  void addLook(QFormLayout& form);
  void addStore(QFormLayout& form, const QString& storeFile);
  void addRuns(QFormLayout& form);
  void addLargeModels(QFormLayout& form);
  void showTensors();
  void chooseStore();
  void tell();

  Settings m_settings;
  QComboBox* m_theme = nullptr;
  QComboBox* m_size = nullptr;
  QCheckBox* m_still = nullptr;
  QLineEdit* m_store = nullptr;
  QComboBox* m_device = nullptr;
  QLabel* m_why = nullptr;
  QComboBox* m_capture = nullptr;
  QCheckBox* m_tensors = nullptr;
  QLabel* m_tensorSize = nullptr;
};

}  // namespace app
