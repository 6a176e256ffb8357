# Finds oneDNN's header and library directly: Debian's own CMake package of it asks
# for OpenCL, which merit does not use. Defines Dnnl::dnnl.
find_path(DNNL_INCLUDE_DIR dnnl.h)
find_library(DNNL_LIBRARY dnnl)
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(Dnnl REQUIRED_VARS DNNL_LIBRARY DNNL_INCLUDE_DIR)
if(Dnnl_FOUND AND NOT TARGET Dnnl::dnnl)
    add_library(Dnnl::dnnl UNKNOWN IMPORTED)
    set_target_properties(Dnnl::dnnl PROPERTIES
        IMPORTED_LOCATION ${DNNL_LIBRARY}
        INTERFACE_INCLUDE_DIRECTORIES ${DNNL_INCLUDE_DIR})
endif()
