// Before a large model is opened: what it will cost, how that is estimated, and whether to go on.
#pragma once

#include <QDialog>

#include "app/model_price.h"

class QCheckBox;

namespace app {

class PriceDialog : public QDialog {
  Q_OBJECT

 public:
  PriceDialog(const ModelPrice& price, QWidget* parent);
  bool isNotToAskAgain() const;

 private:
  QCheckBox* m_known = nullptr;
};

// "about 0.12 s a token", "about 8 tokens a second"
QString timeText(double secondsAToken);

}  // namespace app
