// SPDX-License-Identifier: Apache-2.0
//
// Modules found in memory: this process's own, and images of an object file that nobody should believe.

import Glibc
import SiltFile
import Testing

@testable import SiltHost
@testable import SiltTrace

@Suite struct LoadedModuleTests {
    private let memory = ProcessMemory(pid: getpid())

    /// The modules in an image that lies in this process's memory.
    private func modules(in image: [UInt8]) -> [LoadedModule] {
        // The address is only read while the image lives.
        unsafe image.withUnsafeBytes { bytes in
            guard let start = bytes.baseAddress else { return [] }
            let base = UInt64(UInt(bitPattern: start))
            let mapping = MemoryMapping(
                addresses: base..<base + 1 << 40, path: "/image", isShared: false, isWritable: false,
                isExecutable: true, resident: 0)
            return LoadedModule.all(in: [mapping], of: memory)
        }
    }

    /// The first bytes of the C library, as the loader has mapped them.
    private func libraryImage() throws -> [UInt8] {
        let layout = try #require(ProcessTable().layout(of: UInt32(getpid())))
        let first = try #require(layout.first { $0.path.contains("/libc.so.6") && $0.fileOffset == 0 })
        return memory.bytes(at: first.addresses.lowerBound, count: 4096)
    }

    @Test func theModulesOfThisProcessAreFound() throws {
        let layout = try #require(ProcessTable().layout(of: UInt32(getpid())))
        let modules = LoadedModule.all(in: layout, of: memory)
        let library = try #require(modules.first { $0.module.path.contains("/libc.so.6") })
        let handle = unsafe dlopen("libc.so.6", RTLD_NOW | RTLD_NOLOAD)
        let function = UInt64(UInt(bitPattern: unsafe dlsym(handle, "qsort")))
        #expect(library.module.text.contains(function))
        #expect(library.module.addresses.contains(library.module.text.upperBound - 1))
        #expect(library.module.buildID.count == 20)
        #expect((library.unwindTable?.count ?? 0) > 1000)
        #expect(modules.contains { $0.module.path == "[vdso]" && $0.unwindTable != nil })
        // Each file is there once.
        #expect(Set(modules.map(\.module.path)).count == modules.count)
    }

    @Test func anImageIsReadWhereverItLies() throws {
        let image = try libraryImage()
        let found = try #require(modules(in: image).first)
        #expect(found.module.buildID.count == 20)
        #expect(found.module.bias == found.module.addresses.lowerBound)
    }

    @Test func everyPrefixIsReadOrRefused() throws {
        let image = try libraryImage()
        for count in 0..<64 {
            #expect(modules(in: image.prefix(count) + [UInt8](repeating: 0, count: 4096 - count)).isEmpty)
        }
    }

    @Test(arguments: 1...20) func damageIsReadOrRefused(seed: UInt64) throws {
        let image = try libraryImage()
        var state = seed
        for _ in 1...100 {
            var damaged = image
            for _ in 1...8 {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                damaged[Int(state >> 33) % 1024] = UInt8(truncatingIfNeeded: state >> 56)
            }
            for found in modules(in: damaged) {
                #expect(found.module.addresses.lowerBound < found.module.addresses.upperBound)
            }
        }
    }
}
