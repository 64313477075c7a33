// SPDX-License-Identifier: Apache-2.0
//
// Closes a connection whose client does not take its answer: it would keep the answer in memory, and one of the few
// connections, for ever.

#if Serve
    import NIOCore

    /// One for each connection; on its event loop.
    final class ConnectionClock: ChannelDuplexHandler, RemovableChannelHandler {
        typealias InboundIn = NIOAny
        typealias InboundOut = NIOAny
        typealias OutboundIn = NIOAny
        typealias OutboundOut = NIOAny

        private let patience: TimeAmount
        private var deadline: Scheduled<Void>?
        private var unwritten = 0

        /// - Parameter patience: how long a client may take nothing of what is written.
        init(patience: TimeAmount) { self.patience = patience }

        func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
            let written = promise ?? context.eventLoop.makePromise(of: Void.self)
            unwritten += 1
            if deadline == nil { restart(context) }
            let (this, contextBox) = (
                NIOLoopBound(self, eventLoop: context.eventLoop), NIOLoopBound(context, eventLoop: context.eventLoop)
            )
            written.futureResult.whenComplete { _ in this.value.noticeWritten(contextBox.value) }
            context.write(data, promise: written)
        }

        private func noticeWritten(_ context: ChannelHandlerContext) {
            unwritten -= 1
            deadline?.cancel()
            deadline = nil
            if unwritten > 0 { restart(context) }
        }

        private func restart(_ context: ChannelHandlerContext) {
            let channel = context.channel
            deadline = context.eventLoop.scheduleTask(in: patience) { channel.close(promise: nil) }
        }

        func handlerRemoved(context: ChannelHandlerContext) { deadline?.cancel() }
    }
#endif
