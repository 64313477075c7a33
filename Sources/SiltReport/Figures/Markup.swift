// SPDX-License-Identifier: Apache-2.0
//
// Other people's text in XML and HTML. The one place that escapes it; it never decides what is shown.

/// Text for the inside of an HTML or XML element or a quoted attribute; characters that XML 1.0 has no form for become
/// U+FFFD.
func escapedForMarkup(_ text: some StringProtocol) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
        switch scalar {
        case "&": result += "&amp;"
        case "<": result += "&lt;"
        case ">": result += "&gt;"
        case "\"": result += "&quot;"
        case "'": result += "&#39;"
        case "\u{0}"..."\u{8}", "\u{b}"..."\u{c}", "\u{e}"..."\u{1f}", "\u{fffe}", "\u{ffff}": result += "\u{fffd}"
        default: result.unicodeScalars.append(scalar)
        }
    }
    return result
}
