#include "app/picture_file.h"

#include <QBuffer>
#include <QGuiApplication>
#include <QImage>
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <optional>

#include "app/qt_text_shaper.h"
#include "core/snapshot/atomic_file.h"
#include "ui/instruments/canvas_scenes.h"
#include "ui/instruments/compare_scene.h"
#include "ui/instruments/inspector_scene.h"
#include "ui/instruments/text_fit.h"
#include "ui/scene/canvas.h"
#include "ui/scene/paint_svg.h"
#include "ui/views/token_text.h"

namespace app {
namespace {

struct NamedInstrument {
  const char* name;
  ui::Instrument instrument;
};

// The names of the command line.
constexpr std::array kInstruments = {
    NamedInstrument{"tokens", ui::Instrument::TokenStrip},
    NamedInstrument{"router", ui::Instrument::Router},
    NamedInstrument{"layers", ui::Instrument::LayersExperts},
    NamedInstrument{"experts", ui::Instrument::TokensExperts},
    NamedInstrument{"load", ui::Instrument::Load},
    NamedInstrument{"dispatch", ui::Instrument::Dispatch},
    NamedInstrument{"ledger", ui::Instrument::Ledger},
    NamedInstrument{"prediction", ui::Instrument::Prediction},
    NamedInstrument{"placement", ui::Instrument::Placement},
    NamedInstrument{"measures", ui::Instrument::Measures},
    NamedInstrument{"coactivation", ui::Instrument::Coactivation},
    NamedInstrument{"inspector", ui::Instrument::Inspector},
    NamedInstrument{kCompareInstrument, ui::Instrument::Compare},
};

std::optional<ui::Instrument> instrumentNamed(const std::string& name) {
  for (const NamedInstrument& each : kInstruments) {
    if (name == each.name) return each.instrument;
  }
  return std::nullopt;
}

constexpr float kHeadHeight = 34, kFootHeight = 24;
static_assert(kHeadHeight + kFootHeight == kPictureFrame);

// Standard error is the command line's: Qt's remarks on the machine (no runtime folder, ...) are nothing to a picture.
void withoutRemarks(QtMsgType type, const QMessageLogContext&, const QString& text) {
  if (type == QtCriticalMsg || type == QtFatalMsg) std::fprintf(stderr, "expertscope: %s\n", qPrintable(text));
}

// Qt draws into memory and asks for no display. One of these at a time; none where the program already has one.
class OffscreenQt {
 public:
  OffscreenQt() {
    if (QGuiApplication::instance()) return;
    m_before = qInstallMessageHandler(withoutRemarks);
    m_handles = true;
    qputenv("QT_QPA_PLATFORM", "offscreen");
    m_application.emplace(m_argc, m_argv.data());
  }
  ~OffscreenQt() {
    m_application.reset();
    if (m_handles) qInstallMessageHandler(m_before);
  }
  OffscreenQt(const OffscreenQt&) = delete;
  OffscreenQt& operator=(const OffscreenQt&) = delete;

 private:
  QtMessageHandler m_before = nullptr;
  bool m_handles = false;
  int m_argc = 1;
  std::string m_name = "expertscope";
  std::array<char*, 2> m_argv = {m_name.data(), nullptr};
  std::optional<QGuiApplication> m_application;
};

ui::ViewSource sourceOf(const PicturedRun& run) {
  ui::ViewSource source = ui::makeViewSource(run.trace);
  source.tokenText = run.tokenText;
  return source;
}

ui::Scene instrumentScene(const PictureOrder& order, ui::Size size, const ui::Look& look) {
  const ui::Instrument instrument = instrumentNamed(order.instrument).value_or(ui::Instrument::None);
  const ui::ViewSource source = sourceOf(order.run);
  const ui::Cursor cursor{order.token, order.layer, order.expert, ui::Stage::Logits};
  if (instrument == ui::Instrument::Inspector) {
    return ui::makeInspectorScene(ui::makeInspectorView(source, cursor, look.say), size, look);
  }
  if (instrument == ui::Instrument::Compare) {
    const ui::CompareView view =
        order.with.trace.empty() ? ui::makeEmptyCompareView(look.say)
                                 : ui::makeCompareView(source, ui::quotedToken(order.run.name), sourceOf(order.with),
                                                       ui::quotedToken(order.with.name), cursor, look.say);
    return ui::makeCompareScene(view, size, look);
  }
  return ui::makeInstrumentScene(instrument, source, cursor, {}, size, look);
}

core::Status writeWhole(const std::filesystem::path& path, std::string_view bytes) {
  TRY_ASSIGN(core::AtomicFile file, core::AtomicFile::create(path));
  TRY_STATUS(file.write(bytes));
  return file.commit();
}

core::Status writePng(const ui::Scene& scene, const PictureWords& words, double scale, const ui::Theme& theme,
                      QtTextShaper& shaper, const std::filesystem::path& out) {
  const ui::Image image = ui::paintImage(scene, shaper, static_cast<float>(scale), theme.bg1);
  QImage picture(reinterpret_cast<const uchar*>(image.pixels.data()), image.width, image.height,
                 static_cast<qsizetype>(image.width) * 4, QImage::Format_RGB32);
  const int dotsPerMeter = static_cast<int>(std::lround(96 * scale / 0.0254));
  picture.setDotsPerMeterX(dotsPerMeter);
  picture.setDotsPerMeterY(dotsPerMeter);
  picture.setText("Title", QString::fromStdString(ui::quotedToken(words.title)));
  picture.setText("Description", QString::fromStdString(scene.sentence));
  picture.setText("Source", QString::fromStdString(ui::quotedToken(words.provenance)));
  picture.setText("Provenance", QString::fromStdString(words.record));
  QByteArray bytes;
  QBuffer buffer(&bytes);
  buffer.open(QIODevice::WriteOnly);
  if (!picture.save(&buffer, "PNG")) return core::fail("{}: Qt cannot write PNG files here", out.string());
  return writeWhole(out, {bytes.constData(), static_cast<size_t>(bytes.size())});
}

core::Status paintFile(const PictureOrder& order) {
  const OffscreenQt qt;
  QtTextShaper shaper;
  const ui::Theme& theme = order.dark ? ui::darkTheme() : ui::lightTheme();
  return writePicture(makePicture(order, theme, shaper), {order.title, order.provenance, order.record}, order.scale,
                      theme, shaper, order.out);
}

}  // namespace

core::Status writePicture(const ui::Scene& picture, const PictureWords& words, double scale, const ui::Theme& theme,
                          QtTextShaper& shaper, const std::filesystem::path& out) {
  const double width = static_cast<double>(picture.size().width), height = static_cast<double>(picture.size().height);
  if (!(width * scale * height * scale <= static_cast<double>(kMostPicturePixels))) {
    return core::fail("{}: {} x {} at scale {} are more than {} pixels; ask for a smaller picture", out.string(), width,
                      height, scale, kMostPicturePixels);
  }
  if (out.extension() == ".png") return writePng(picture, words, scale, theme, shaper, out);
  if (out.extension() != ".svg") return core::fail("{}: expected a name that ends in .svg or .png", out.string());
  ui::SvgOptions options;
  options.background = theme.bg1;
  options.metadata = words.record;
  return writeWhole(out, ui::paintSvg(picture, options));
}

ui::Scene makePicture(const PictureOrder& order, const ui::Theme& theme, const ui::TextShaper& shaper) {
  const ui::Size size{static_cast<float>(order.width), static_cast<float>(order.height)};
  const ui::Size body{size.width, std::max(1.0f, size.height - kPictureFrame)};
  const ui::Phrases say{};
  const ui::Scene instrument = instrumentScene(order, body, {theme, shaper, say, {}, false, false, false});
  return framePicture(instrument, order.title, order.provenance, size, theme, shaper);
}

ui::Scene framePicture(const ui::Scene& instrument, const std::string& title, const std::string& provenance,
                       ui::Size size, const ui::Theme& theme, const ui::TextShaper& shaper) {
  ui::Scene page(size);
  page.fill({0, 0, size.width, size.height}, theme.bg1);
  page.append(instrument, {0, kHeadHeight});
  const float pad = static_cast<float>(ui::kPadding);
  const auto line = [&](std::string_view text, float centre, const ui::TextStyle& style, ui::Colour colour) {
    const std::string fitting = ui::elideMiddle(shaper, ui::quotedToken(text), style, size.width - 2 * pad);
    page.text({pad, std::floor(centre + shaper.metrics(style).capHeight / 2 + 0.5f)}, fitting, style, colour, shaper);
  };
  page.fill({0, 0, size.width, kHeadHeight}, theme.bg2);
  line(title, kHeadHeight / 2, {ui::TextFont::Token, 600, static_cast<float>(ui::kSizeHeading)}, theme.fg1);
  page.fill({0, size.height - kFootHeight, size.width, kFootHeight}, theme.bg2);
  line(provenance, size.height - kFootHeight / 2, {ui::TextFont::Token, 400, static_cast<float>(ui::kSizeNumber)},
       theme.fg2);
  page.sentence = instrument.sentence;
  page.table = instrument.table;
  return page;
}

Painter filePainter() {
  Painter painter;
  for (const NamedInstrument& each : kInstruments) painter.instruments.emplace_back(each.name);
  painter.paint = paintFile;
  return painter;
}

}  // namespace app
