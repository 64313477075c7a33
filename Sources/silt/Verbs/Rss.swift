// SPDX-License-Identifier: Apache-2.0
//
// `silt rss`: where resident memory is, so that what the heap does not explain has a name as well.

import ArgumentParser
import SiltDriver
import SiltReport

struct Rss: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Where resident memory is: heap, allocator, stacks, files.",
        discussion: "Of a running process from /proc/PID/smaps; of a dump as far as it recorded it.")

    @OptionGroup var place: CatalogOptions

    @Argument(help: "A pid, a program's name, a session file or a dump.")
    var target: String

    func run() throws { try Output.write(try place.driver.resident(target).text()) }
}
