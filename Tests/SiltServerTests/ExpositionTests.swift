// SPDX-License-Identifier: Apache-2.0
//
// The two text forms of metrics, to the byte.

import Testing

@testable import SiltServer

@Suite struct ExpositionTests {
    private var families: [MetricFamily] {
        var gauge = MetricFamily("silt_heap_inuse_bytes", "Bytes \\ in \"use\".\nAll.")
        gauge.add(1.5, [("target", "a\"b\\c\nd")])
        gauge.add(Double.infinity, [])
        gauge.add(nil as Double?, [])
        var counter = MetricFamily("silt_lost_samples_total", "Lost.", .counter)
        let labels: MetricLabels = [("target", "a"), ("pid", "7")]
        counter.add(3 as UInt64?, labels + [("reason", "nested")])
        return [gauge, MetricFamily("silt_empty", "Nothing."), counter]
    }

    @Test func prometheus() {
        #expect(
            Exposition.prometheus.text(families) == """
                # HELP silt_heap_inuse_bytes Bytes \\\\ in "use".\\nAll.
                # TYPE silt_heap_inuse_bytes gauge
                silt_heap_inuse_bytes{target="a\\"b\\\\c\\nd"} 1.5
                silt_heap_inuse_bytes +Inf
                # HELP silt_lost_samples_total Lost.
                # TYPE silt_lost_samples_total counter
                silt_lost_samples_total{target="a",pid="7",reason="nested"} 3

                """)
    }

    @Test func openMetrics() {
        #expect(
            Exposition.openMetrics.text(families) == """
                # HELP silt_heap_inuse_bytes Bytes \\\\ in \\"use\\".\\nAll.
                # TYPE silt_heap_inuse_bytes gauge
                silt_heap_inuse_bytes{target="a\\"b\\\\c\\nd"} 1.5
                silt_heap_inuse_bytes +Inf
                # HELP silt_lost_samples Lost.
                # TYPE silt_lost_samples counter
                silt_lost_samples_total{target="a",pid="7",reason="nested"} 3
                # EOF

                """)
    }

    @Test(arguments: [
        (nil, "text/plain; version=0.0.4; charset=utf-8"), ("*/*", "text/plain; version=0.0.4; charset=utf-8"),
        (
            "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5",
            "application/openmetrics-text; version=1.0.0; charset=utf-8"
        ),
    ])
    func theClientChooses(accept: String?, type: String) { #expect(Exposition(accept: accept).type == type) }
}
