// SPDX-License-Identifier: Apache-2.0
//
// Values of the libraries that can stand on the command line, read by their own parsers.

import ArgumentParser
import SiltDriver
import SiltProfile
import SiltReport
import SiltServer

extension ByteCount: ExpressibleByArgument {
    package init?(argument: String) { self.init(argument) }
}

extension ByteRate: ExpressibleByArgument {
    package init?(argument: String) { self.init(argument) }
}

extension TimeSpan: ExpressibleByArgument {
    package init?(argument: String) { self.init(argument) }
    package var defaultValueDescription: String { "\(seconds)s" }
}

extension ListenAddress: ExpressibleByArgument {
    package init?(argument: String) { self.init(argument) }
    package var defaultValueDescription: String { description }
}

extension Granularity: ExpressibleByArgument {}
extension ReportOptions.Order: ExpressibleByArgument {}
extension CheckFormat: ExpressibleByArgument {}
extension RunSettings.Unwinding: ExpressibleByArgument {}

extension Destination: ExpressibleByArgument {
    package init?(argument: String) { self.init(argument) }
}
