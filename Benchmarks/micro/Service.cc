// SPDX-License-Identifier: Apache-2.0
//
// w5: the inside of a C++ service. Each request is routed through some twenty-five frames; on the
// way headers are parsed, a session is looked up or made, and an answer is put together, in some
// thirty allocations.
//
//   Service OPERATIONS
#include <cstdlib>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "lib/clock.h"

namespace {

using Headers = std::map<std::string, std::string, std::less<>>;

struct Session {
  std::string user;
  std::vector<std::string> history;
};

struct Request {
  std::string path;
  Headers headers;
};

class Service {
 public:
  std::string respond(long number) {
    std::string text = "GET /orders/" + std::to_string(number % 5000) +
                       "\nhost: shop.example.internal.cluster"
                       "\naccept: application/json, text/plain"
                       "\nx-request-id: 00000000-0000-0000-0000-" +
                       std::to_string(number) + "\nuser-agent: a client with a rather long name\n";
    Request request = parse(text);
    return filter(request, 16);
  }

 private:
  [[gnu::noinline]] static Request parse(std::string_view text) {
    Request request;
    std::size_t end = text.find('\n');
    request.path = std::string(text.substr(4, end - 4));
    while (end + 1 < text.size()) {
      std::size_t begin = end + 1, colon = text.find(':', begin);
      end = text.find('\n', begin);
      request.headers.emplace(text.substr(begin, colon - begin),
                              text.substr(colon + 2, end - colon - 2));
    }
    return request;
  }

  // The filters of a middleware chain, one inside the other.
  [[gnu::noinline]] std::string filter(const Request &request, int depth) {
    std::string answer = depth == 0 ? route(request) : filter(request, depth - 1);
    answer += ' ';
    return answer;
  }

  [[gnu::noinline]] std::string route(const Request &request) {
    auto found = request.headers.find("x-request-id");
    return handle(session(request.path), found == request.headers.end() ? "" : found->second);
  }

  [[gnu::noinline]] Session &session(const std::string &path) {
    std::unique_ptr<Session> &place = sessions_[path];
    if (!place) place = std::make_unique<Session>(Session{"the user of " + path, {}});
    return *place;
  }

  [[gnu::noinline]] std::string handle(Session &session, const std::string &id) {
    if (session.history.size() >= 8) session.history.clear();
    session.history.push_back("request with the id " + id);
    std::string body = "{\"user\":\"" + session.user + "\",\"history\":[";
    for (const std::string &entry : session.history) body += '"' + entry + "\",";
    return body + "]}";
  }

  std::unordered_map<std::string, std::unique_ptr<Session>> sessions_;
};

}  // namespace

int main(int argc, char **argv) {
  long operations = argc > 1 ? std::atol(argv[1]) : 200000;
  Service service;
  warm_up();
  double start = cpu_ns();
  for (long i = 0; i < operations; i++) {
    std::string answer = service.respond(i);
    escape(answer.data());
  }
  report(start, static_cast<double>(operations));
  return 0;
}
