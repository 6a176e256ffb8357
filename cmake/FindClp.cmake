# Finds the header and the libraries of COIN-OR's linear program solver. Defines
# Clp::clp; its header is <coin/Clp_C_Interface.h>.
find_path(CLP_INCLUDE_DIR coin/Clp_C_Interface.h)
find_library(CLP_LIBRARY Clp)
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(Clp REQUIRED_VARS CLP_LIBRARY CLP_INCLUDE_DIR)
if(Clp_FOUND AND NOT TARGET Clp::clp)
    add_library(Clp::clp UNKNOWN IMPORTED)
    set_target_properties(Clp::clp PROPERTIES
        IMPORTED_LOCATION ${CLP_LIBRARY}
        INTERFACE_INCLUDE_DIRECTORIES ${CLP_INCLUDE_DIR})
endif()
