@echo off
rem Double-click this file, or drop a workbook on it.
rem It opens castmerge in the browser. While this window is open, castmerge runs.
setlocal EnableExtensions DisableDelayedExpansion
chcp 65001 >nul
title castmerge
set "PYTHONUTF8=1"
set "HERE=%~dp0"
set "OWN=.castmerge\env\Scripts\python.exe"
set "WANTED=castmerge==@VERSION@"
set "CODE=2"

rem The name of a workbook is passed in a variable: "call" would read a percent sign in it a second time.
set "CASTMERGE_WORKBOOK=%~f1"
if "%~1"=="" set "CASTMERGE_WORKBOOK="
if not defined CASTMERGE_WORKBOOK goto to_folder
if not exist "%CASTMERGE_WORKBOOK%" goto no_workbook

:to_folder
rem A folder on a network drive has no letter until pushd gives it one. From here on names are relative.
pushd "%HERE%" 2>nul
if not errorlevel 1 goto try_bundle
rem Some versions of cmd lose a percent sign in the folder's name. A double-click has started in the folder.
if not exist "%~nx0" goto no_folder

:try_bundle
if not exist "castmerge.exe" goto try_maker
".\castmerge.exe" open
goto done

:try_maker
set "PY=@PYTHON@"
if not exist "%PY%" goto try_own
"%PY%" -c "import merge.app" >nul 2>nul
if not errorlevel 1 goto open

:try_own
set "PY=%OWN%"
if not exist "%PY%" goto try_path
"%PY%" -c "import merge.app" >nul 2>nul
if not errorlevel 1 goto open

:try_path
call castmerge open --help >nul 2>nul
if errorlevel 1 goto set_up
call castmerge open
goto done

:set_up
echo Setting up castmerge for the first time. This takes a minute or two.
set "FINDER=py"
py -3 -c "import sys; sys.exit(sys.version_info < (3, 11))" >nul 2>nul
if not errorlevel 1 goto make_environment
set "FINDER=python"
python -c "import sys; sys.exit(sys.version_info < (3, 11))" >nul 2>nul
if errorlevel 1 goto no_python

:make_environment
"%FINDER%" -m venv ".castmerge\env"
if errorlevel 1 goto no_environment
for %%W in ("castmerge-*.whl") do set "WANTED=.\%%~nxW"
"%OWN%" -m pip install --quiet --disable-pip-version-check "%WANTED%"
if errorlevel 1 goto no_castmerge
set "PY=%OWN%"

:open
"%PY%" -m merge open
goto done

:done
set "CODE=%ERRORLEVEL%"
popd
if "%CODE%"=="0" goto leave
goto end

:no_workbook
echo This workbook wasn't found: "%CASTMERGE_WORKBOOK%"
echo Copy it into this folder, or remove the sign "&" from its name, and try again.
goto end

:no_folder
echo This folder can't be opened: "%HERE%"
echo Copy it to a disk of this computer, and open it there.
goto end

:no_python
echo castmerge needs Python 3.11 or newer. Install it from https://www.python.org/downloads/ and try again.
popd
goto end

:no_environment
echo castmerge couldn't be set up in "%HERE%.castmerge". Check that you can write to this folder, and try again.
popd
goto end

:no_castmerge
echo castmerge couldn't be installed. Check your internet connection and try again.
popd
goto end

:end
echo.
if not defined CASTMERGE_NO_PAUSE pause

:leave
endlocal & exit /b %CODE%
