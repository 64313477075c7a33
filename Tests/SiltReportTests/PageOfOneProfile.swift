// SPDX-License-Identifier: Apache-2.0
//
// The page with one picture, for tests that look at how it is shown.

import SiltProfile

@testable import SiltReport

extension Profile {
    func flameHTML(kind: Kind? = nil, title: String? = nil, judgedAs folded: Profile? = nil) -> [UInt8] {
        let isDiff = kinds.contains(where: isDifference)
        return FlamePage([.init(isDiff ? .change : .heap, self, folded: folded)], kind: kind, title: title).html()
    }
}
