// Reads the metadata of a file through any std::istream that can seek, with handles that close themselves.
//
//     c++ -std=c++11 -Iinclude examples/cpp/extract.cpp -Ltarget/release -lmetaextract -o extract
//     LD_LIBRARY_PATH=target/release ./extract FILE
#include <algorithm>
#include <cstdint>
#include <fstream>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "metaextract.h"

namespace mx {

class Document {
public:
    explicit Document(mx_document_t *handle) : handle_(handle, mx_document_free) {}

    // Empty where there is no string at the pointer.
    std::string string(const std::string &pointer) const {
        const char *text = nullptr;
        size_t length = 0;
        mx_document_get_string(handle_.get(), pointer.c_str(), &text, &length);
        return text ? std::string(text, length) : std::string();
    }

    friend std::ostream &operator<<(std::ostream &out, const Document &document) {
        mx_document_write(document.handle_.get(), write, &out);
        return out;
    }

private:
    static int32_t write(void *out, const char *data, size_t length) {
        return static_cast<std::ostream *>(out)->write(data, static_cast<std::streamsize>(length)) ? 0 : 1;
    }
    std::unique_ptr<mx_document_t, void (*)(mx_document_t *)> handle_;
};

class Extractor {
public:
    explicit Extractor(const mx_options_t *options = nullptr) : handle_(nullptr, mx_close) {
        mx_extractor_t *handle = nullptr;
        mx_status_t status = mx_open(options, &handle);
        if (status < MX_OK) throw std::runtime_error(mx_status_name(status));
        handle_.reset(handle);
    }

    // Reads what is wanted, and nothing else.
    Document extract(std::istream &in) {
        std::vector<char> buffer(64 * 1024);
        mx_range_t want;
        while (mx_wanted(handle_.get(), &want, 1) > 0) {
            in.clear();
            in.seekg(static_cast<std::streamoff>(want.offset));
            in.read(buffer.data(), static_cast<std::streamsize>(std::min<uint64_t>(want.length, buffer.size())));
            if (check(mx_feed_at(handle_.get(), want.offset, reinterpret_cast<const uint8_t *>(buffer.data()),
                                 static_cast<size_t>(in.gcount()))) != MX_OK) // 0 bytes: the file ends here
                break;
        }
        mx_document_t *document = nullptr;
        check(mx_finish(handle_.get(), &document));
        return Document(document);
    }

private:
    mx_status_t check(mx_status_t status) const {
        if (status >= MX_OK) return status;
        mx_error_t error = {};
        error.struct_size = sizeof error;
        mx_last_error(handle_.get(), &error);
        std::string where = error.offset == UINT64_MAX ? "" : " (offset " + std::to_string(error.offset) + ")";
        throw std::runtime_error(std::string(mx_status_name(error.status)) + ": " + error.message + where);
    }
    std::unique_ptr<mx_extractor_t, void (*)(mx_extractor_t *)> handle_;
};

} // namespace mx

int main(int argc, char **argv) try {
    if (argc != 2) throw std::runtime_error("usage: extract FILE");
    std::ifstream in(argv[1], std::ios::binary);
    if (!in) throw std::runtime_error("cannot open");
    mx::Document document = mx::Extractor().extract(in);
    std::cout << document << '\n';
    std::string modality = document.string("/headers/dataset/00080060/Value/0");
    if (!modality.empty()) std::cout << "modality: " << modality << '\n';
    return 0;
} catch (const std::exception &error) {
    std::cerr << (argc > 1 ? argv[1] : "extract") << ": " << error.what() << '\n';
    return 1;
}
