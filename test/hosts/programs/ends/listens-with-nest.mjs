// Nest's own shutdown hooks, in a program without a server.
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ready, record, stayAlive } from './recording.mjs';

const Shop = class Shop {
  name = 'shop';
};
Module({})(Shop);

const application = await NestFactory.createApplicationContext(Shop, { logger: false });
application.enableShutdownHooks();
record(24);
stayAlive();
ready();
