# Warnings, hardening and build types; included by the top CMakeLists.
if(NOT CMAKE_BUILD_TYPE)
    set(CMAKE_BUILD_TYPE Release CACHE STRING "" FORCE)
endif()
set(CMAKE_C_STANDARD 11)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_C_FLAGS_RELEASE "-O2 -g")
set(CMAKE_C_FLAGS_ASAN
    "-O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer")
set(CMAKE_C_FLAGS_TSAN "-O1 -g -fsanitize=thread -fno-omit-frame-pointer")
# Clang alone: everything is watched by libFuzzer, and the fuzz targets run in it.
set(CMAKE_C_FLAGS_FUZZER "${CMAKE_C_FLAGS_ASAN} -fsanitize=fuzzer-no-link")
set(CMAKE_CXX_FLAGS_ASAN "${CMAKE_C_FLAGS_ASAN}")
set(CMAKE_CXX_FLAGS_TSAN "${CMAKE_C_FLAGS_TSAN}")
set(CMAKE_CXX_FLAGS_FUZZER "${CMAKE_C_FLAGS_FUZZER}")
option(MERIT_WERROR "Treat warnings as errors" OFF)

function(merit_set_flags target)
    target_compile_definitions(${target} PRIVATE _POSIX_C_SOURCE=200809L _GNU_SOURCE)
    target_compile_options(${target} PRIVATE
        -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wformat=2
        -Wvla -Wstrict-prototypes -Wno-format-nonliteral
        -fvisibility=hidden -ffp-contract=off
        $<$<CONFIG:Release>:-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2>
        -fstack-protector-strong)
    if(MERIT_WERROR)
        target_compile_options(${target} PRIVATE -Werror)
    endif()
    target_include_directories(${target} PRIVATE
        ${CMAKE_SOURCE_DIR}/include ${CMAKE_SOURCE_DIR}/src
        ${CMAKE_BINARY_DIR}/generated)
    target_compile_definitions(${target} PRIVATE MERIT_VERSION="${PROJECT_VERSION}")
endfunction()
