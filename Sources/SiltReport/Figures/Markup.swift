// SPDX-License-Identifier: Apache-2.0
//
// Other people's text in XML and HTML. The one place that escapes it; it never decides what is shown.

import SiltHost

/// Text for the inside of an HTML or XML element or a quoted attribute; characters that XML 1.0 has no form for, and those
/// that would turn the text around, become U+FFFD.
package func escapedForMarkup(_ text: some StringProtocol) -> String {
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

/// A page of which `{{name}}` stands for a part of that name. The parts are put in as they are.
///
/// - Precondition: the template names no part that is not there.
package func filledTemplate(_ template: [UInt8], _ parts: [String: [UInt8]]) -> [UInt8] {
    var page: [UInt8] = []
    let pieces = String(decoding: template, as: UTF8.self).split(separator: "{{", omittingEmptySubsequences: false)
    for (index, piece) in pieces.enumerated() {
        if index == 0 {
            page += piece.utf8
            continue
        }
        guard let end = piece.firstRange(of: "}}"), let part = parts[String(piece[..<end.lowerBound])] else {
            preconditionFailure("the template has a name that nothing is known for: \(piece)")
        }
        page += part
        page += piece[end.upperBound...].utf8
    }
    return page
}
