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

// Of a token: "about 120 ms", "about 1.5 s"; "not known" for none.
QString timeText(double secondsAToken);

}  // namespace app
