// SPDX-License-Identifier: Apache-2.0
//
// Parts of the server that have figures of their own beside those of the processes. They are asked each time that metrics are,
// and must not wait for anything.

#if Serve
    /// Something that has metrics.
    protocol MetricSource: Sendable {
        func families() -> [MetricFamily]
    }
#endif
