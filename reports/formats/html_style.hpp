#pragma once

namespace reprise::reports {

/// The style sheet of the page: light and dark by the reader's setting, and a print form. Everything stands in the page.
extern const char* const kStyleSheet;

}  // namespace reprise::reports
