// SPDX-License-Identifier: Apache-2.0
//
// Other people's text in XML and HTML. The one place that escapes it; it never decides what is shown.

import SiltHost

/// Text for the inside of an HTML or XML element or a quoted attribute; characters that XML 1.0 has no form for, and those
/// that would turn the text around, become U+FFFD.
func escapedForMarkup(_ text: some StringProtocol) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
        switch scalar {
        case "&": result += "&amp;"
        case "<": result += "&lt;"
        case ">": result += "&gt;"
        case "\"": result += "&quot;"
        case "'": result += "&#39;"
        case "\t", "\n", "\r": result.unicodeScalars.append(scalar)
        case "\u{fffe}", "\u{ffff}": result += "\u{fffd}"
        case _ where scalar.isHarmful: result += "\u{fffd}"
        default: result.unicodeScalars.append(scalar)
        }
    }
    return result
}
